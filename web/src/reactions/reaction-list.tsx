import { useRef, useState } from "preact/hooks";
import type { Message, Reaction } from "#gen/veza/chat/v1/message_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { EmojiPicker } from "../emoji/emoji-picker.tsx";
import { useSetting } from "../messages/use-place.ts";
import { Icon } from "../ui/icon.tsx";
import { complain } from "../ui/toasts.ts";
import { reactedText } from "./reacted-text.ts";

/** How others reacted. A press joins in, or takes one's own back; pointing tells who it was. */
export function ReactionList({ message }: { readonly message: Message }) {
  const { messages } = useWorkspace();
  const { canWrite } = useSetting();
  const [isPicking, setPicking] = useState(false);
  const more = useRef<HTMLButtonElement>(null);
  if (message.reactions.length === 0 || message.isDeleted) return null;
  const react = (emoji: string) => void messages.react(message, emoji).catch(complain);
  return (
    <ul class="reactions" aria-label="Reactions">
      {message.reactions.map((reaction) => (
        <li key={reaction.emoji}>
          <ReactionButton reaction={reaction} isDisabled={!canWrite} onPress={() => react(reaction.emoji)} />
        </li>
      ))}
      {canWrite && (
        <li>
          <button
            ref={more}
            type="button"
            class="reaction reaction-more"
            aria-label="Add a reaction"
            title="Add a reaction"
            aria-expanded={isPicking}
            onClick={() => setPicking(!isPicking)}
          >
            <Icon name="smile" />
          </button>
          {isPicking && <EmojiPicker anchor={more} onChoose={react} onClose={() => setPicking(false)} />}
        </li>
      )}
    </ul>
  );
}

interface ReactionButtonProps {
  readonly reaction: Reaction;
  readonly isDisabled: boolean;
  readonly onPress: () => void;
}

function ReactionButton({ reaction, isDisabled, onPress }: ReactionButtonProps) {
  const { account, names } = useWorkspace();
  // Names are looked up for who wants to know them.
  const [isAsked, setAsked] = useState(false);
  const { emoji, count, userIds } = reaction;
  const isMine = userIds.includes(account.userId);
  const who = isAsked ? reactedText(reaction, account.userId, names.of) : "";
  return (
    <button
      type="button"
      class="reaction"
      aria-pressed={isMine}
      aria-disabled={isDisabled}
      aria-label={`${emoji} ${count}${who === "" ? "" : `, ${who}`}`}
      title={who}
      onClick={() => !isDisabled && onPress()}
      onPointerEnter={() => setAsked(true)}
      onFocus={() => setAsked(true)}
    >
      <span class="reaction-emoji">{emoji}</span>
      <span>{count}</span>
    </button>
  );
}
