import { useEffect, useMemo, useRef } from "preact/hooks";
import { useWorkspace } from "../app/use-workspace.ts";
import { MessageCard } from "../messages/message-card.tsx";
import { PanelFrame } from "../panel/panel-frame.tsx";
import { sentenceOfProblem } from "../text/sentences.ts";
import { Choice } from "../ui/choice.tsx";
import { Empty } from "../ui/empty.tsx";
import { Icon } from "../ui/icon.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { soughtWords } from "./found-words.ts";

/** One looks while one types, once one pauses. */
const PAUSE_MS = 250;

const SCOPES = [
  { value: "room", label: "Here" },
  { value: "all", label: "Everywhere" },
] as const;

/** Finds messages by their words. */
export function SearchPanel({ roomId }: { readonly roomId: string | undefined }) {
  const { search, rooms, conversations } = useWorkspace();
  const input = useRef<HTMLInputElement>(null);
  const words = search.words.value;
  const scope = search.roomId.value === undefined ? "all" : "room";

  useEffect(() => input.current?.select(), []);
  // What was looked for here is looked for in the room that one goes to.
  useEffect(() => {
    if (search.roomId.peek() !== undefined) search.roomId.value = roomId;
  }, [roomId]);
  const only = search.roomId.value;
  const isFirst = useRef(search.found.peek() !== undefined);
  useEffect(() => {
    // What was found before is still there.
    if (isFirst.current) {
      isFirst.current = false;
      return;
    }
    const timer = setTimeout(() => void search.run(), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [words, only]);

  const found = search.found.value;
  const isMore = search.nextPage.value !== "";
  const problem = search.problem.value;
  // What was found belongs to the words that were asked, not to those that are being typed.
  const sought = useMemo(() => soughtWords(search.words.peek()), [found]);
  const whereOf = (id: string) => rooms.get(id)?.name ?? conversations.peek(id)?.otherUsername;
  return (
    <PanelFrame
      title="Search"
      head={
        // biome-ignore lint/a11y/useSemanticElements: not every browser knows <search> as a landmark yet
        <form
          class="search-form"
          role="search"
          onSubmit={(event) => {
            event.preventDefault();
            void search.run();
          }}
        >
          <div class="field-frame">
            <Icon name="search" />
            <input
              ref={input}
              type="search"
              aria-label="Search messages"
              placeholder="Words, or the beginning of one"
              maxlength={200}
              value={words}
              onInput={(event) => (search.words.value = event.currentTarget.value)}
            />
            {search.isBusy.value && <span class="spinner" role="status" aria-label="Searching" />}
          </div>
          {roomId !== undefined && (
            <Choice
              legend="Where"
              isQuiet
              isNarrow
              value={scope}
              options={SCOPES}
              onChange={(next) => (search.roomId.value = next === "room" ? roomId : undefined)}
            />
          )}
        </form>
      }
    >
      {problem !== undefined ? (
        <Empty icon="warning" title="Nothing can be searched right now" text={sentenceOfProblem(problem)} />
      ) : words.trim() === "" ? (
        <Empty icon="search" title="Find what was said" text="In rooms and conversations that you may read." />
      ) : found === undefined ? (
        <Skeleton label="Searching" kind="rows" count={4} />
      ) : found.length === 0 && !isMore ? (
        <Empty icon="search" title="Nothing found" text="Try another word, or look everywhere." />
      ) : (
        <>
          <p class="hidden" role="status">{`${found.length} found`}</p>
          <ul class="slips">
            {found.map((message) => (
              <MessageCard
                key={message.id}
                message={message}
                where={message.roomId === roomId ? undefined : whereOf(message.roomId)}
                sought={sought}
              />
            ))}
          </ul>
          {isMore && search.isBusy.value && (
            <p class="list-more">
              Looking further back…{" "}
              <button type="button" class="text-button" onClick={search.stop}>
                Stop
              </button>
            </p>
          )}
          {isMore && !search.isBusy.value && (
            <button type="button" class="text-button list-more" onClick={() => void search.more()}>
              {found.length === 0 ? "Nothing yet: look further back" : "Show more"}
            </button>
          )}
        </>
      )}
    </PanelFrame>
  );
}
