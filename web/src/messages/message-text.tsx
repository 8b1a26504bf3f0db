import { piecesOf } from "../text/links.ts";

interface MessageTextProps {
  readonly content: string;
  /** Said in small letters behind it. */
  readonly note?: string | undefined;
}

/** What was said, with its web addresses as links. */
export function MessageText({ content, note }: MessageTextProps) {
  return (
    <p class="message-text" dir="auto">
      {piecesOf(content).map(({ text, href }, index) =>
        href === undefined ? (
          text
        ) : (
          <a key={index} href={href} target="_blank" rel="noopener noreferrer nofollow">
            {text}
          </a>
        ),
      )}
      {note !== undefined && <span class="message-note"> {note}</span>}
    </p>
  );
}
