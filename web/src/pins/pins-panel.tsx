import { useEffect } from "preact/hooks";
import { useWorkspace } from "../app/use-workspace.ts";
import { MessageCard } from "../messages/message-card.tsx";
import { canPin, useSetting } from "../messages/use-place.ts";
import { PanelFrame } from "../panel/panel-frame.tsx";
import { sentenceOfProblem } from "../text/sentences.ts";
import { IconButton } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { complain } from "../ui/toasts.ts";

/** What is pinned in a room. */
export function PinsPanel({ roomId }: { readonly roomId: string }) {
  const { pins, messages } = useWorkspace();
  const setting = useSetting();
  const mayUnpin = canPin(setting);
  useEffect(() => pins.show(roomId), [roomId]);
  const list = pins.roomId.value === roomId ? pins.messages.value : undefined;
  const problem = pins.problem.value;
  return (
    <PanelFrame title="Pinned messages">
      {list === undefined ? (
        problem === undefined ? (
          <Skeleton label="Loading pinned messages" kind="rows" count={4} />
        ) : (
          <Empty icon="warning" title="They cannot be shown" text={sentenceOfProblem(problem)} />
        )
      ) : list.length === 0 ? (
        <Empty
          icon="pin"
          title="Nothing is pinned"
          text={mayUnpin ? "Pin what everybody should find again." : "Moderators pin what everybody should find again."}
        />
      ) : (
        <ul class="slips">
          {list.map((message) => (
            <MessageCard key={message.id} message={message}>
              {mayUnpin && (
                <IconButton icon="close" label="Unpin" onClick={() => void messages.pin(message).catch(complain)} />
              )}
            </MessageCard>
          ))}
        </ul>
      )}
    </PanelFrame>
  );
}
