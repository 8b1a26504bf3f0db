import { useSignal } from "@preact/signals";
import { Fragment } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { useWorkspace } from "../app/use-workspace.ts";
import { Composer } from "../composer/composer.tsx";
import { OutgoingItem } from "../composer/outgoing-item.tsx";
import { MessageItem } from "../messages/message-item.tsx";
import { MessageNavigation } from "../messages/message-navigation.tsx";
import { SettingContext, useSetting } from "../messages/use-place.ts";
import { PanelFrame } from "../panel/panel-frame.tsx";
import { counted } from "../text/plural.ts";
import { sentenceOfProblem } from "../text/sentences.ts";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { Skeleton } from "../ui/skeleton.tsx";

/** A message and its answers, beside the log. */
export function ThreadPanel({ rootId }: { readonly rootId: string }) {
  const { threads, outbox } = useWorkspace();
  const setting = useSetting();
  const { place, roomId, canWrite } = setting;
  const thread = threads.open.value?.rootId === rootId ? threads.open.value : undefined;
  const editing = useSignal<string | undefined>(undefined);
  const active = useSignal<string | undefined>(undefined);
  const input = useRef<HTMLTextAreaElement>(null);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    threads.show(rootId);
  }, [rootId]);

  const messages = thread?.messages.value ?? [];
  const outgoing = outbox.of(place.key, rootId);
  const count = messages.length + outgoing.length;
  // What one came for is the newest answer.
  useLayoutEffect(() => {
    if (box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [count]);

  const problem = thread?.problem.value;
  const answers = messages.length - 1;
  return (
    <SettingContext.Provider value={{ ...setting, threadOf: rootId }}>
      <PanelFrame
        title="Thread"
        isFilled
        foot={
          canWrite &&
          thread?.isReady.value && (
            <Composer
              draftKey={`${place.key}#${rootId}`}
              place={place}
              roomId={roomId}
              replyTo={rootId}
              label="Reply"
              takesFocus
              input={input}
            />
          )
        }
      >
        <div ref={box} class="thread" tabIndex={-1}>
          {problem !== undefined && thread?.isReady.value !== true ? (
            <Empty icon="warning" title="The thread cannot be shown" text={sentenceOfProblem(problem)}>
              <Button onClick={() => void thread?.load()}>Try again</Button>
            </Empty>
          ) : thread?.isReady.value !== true ? (
            <Skeleton label="Loading the thread" kind="messages" count={3} />
          ) : (
            <MessageNavigation active={active}>
              <ol class="messages" aria-label="Messages of the thread">
                {messages.map((message, index) => (
                  <Fragment key={message.id}>
                    <MessageItem message={message} opensGroup editing={editing} active={active} />
                    {index === 0 && (
                      <li class="day-line">
                        <span>{answers > 0 ? counted(answers, "reply", "replies") : "No replies yet"}</span>
                      </li>
                    )}
                  </Fragment>
                ))}
                {outgoing.map((item) => (
                  <OutgoingItem key={item.requestId} item={item} />
                ))}
              </ol>
              {thread.nextPage.value !== "" && (
                <button type="button" class="text-button list-more" onClick={() => void thread.loadMore()}>
                  {thread.isLoading.value ? "Loading…" : "Show more replies"}
                </button>
              )}
            </MessageNavigation>
          )}
        </div>
      </PanelFrame>
    </SettingContext.Provider>
  );
}
