import type { Mention } from "#gen/veza/chat/v1/message_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { type Piece, piecesOf } from "../text/pieces.ts";

interface MessageTextProps {
  readonly content: string;
  readonly mentions?: readonly Mention[];
  /** Said in small letters behind it. */
  readonly note?: string | undefined;
}

const NOBODY: readonly Mention[] = [];

/** What was said, with its web addresses as links and those whom it mentions marked. */
export function MessageText({ content, mentions = NOBODY, note }: MessageTextProps) {
  return (
    <p class={isOnlyEmoji(content) ? "message-text message-text-large" : "message-text"} dir="auto">
      {piecesOf(content, mentions).map((piece, index) => (
        <PieceOfText key={index} piece={piece} />
      ))}
      {note !== undefined && <span class="message-note"> {note}</span>}
    </p>
  );
}

function PieceOfText({ piece: { text, href, userId } }: { readonly piece: Piece }) {
  const { account } = useWorkspace();
  if (userId !== undefined) return <b class={userId === account.userId ? "mention mention-me" : "mention"}>{text}</b>;
  if (href === undefined) return <>{text}</>;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {text}
    </a>
  );
}

/** One to three emoji and nothing else are said louder. */
function isOnlyEmoji(content: string): boolean {
  return /^(\p{RGI_Emoji}\s?){1,3}$/v.test(content);
}
