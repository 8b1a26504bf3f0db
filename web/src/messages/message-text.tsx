import { Fragment } from "preact";
import { useMemo } from "preact/hooks";
import type { Mention } from "#gen/veza/chat/v1/message_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { runsOf } from "../search/found-words.ts";
import { type Block, blocksOf, type Stretch, stretchesOf } from "../text/markup.ts";
import { piecesOf } from "../text/pieces.ts";
import { CodeBlock } from "./code-block.tsx";

interface MessageTextProps {
  readonly content: string;
  readonly mentions?: readonly Mention[];
  /** Said in small letters behind it. */
  readonly note?: string | undefined;
  /** Words to point out: what somebody looked for. */
  readonly sought?: readonly string[];
}

const NOBODY: readonly Mention[] = [];
const NOTHING: readonly string[] = [];

/** What was said: code and emphasis as they were meant, web addresses as links, and those whom it mentions marked. */
export function MessageText({ content, mentions = NOBODY, note, sought = NOTHING }: MessageTextProps) {
  const blocks = useMemo(() => blocksOf(content), [content]);
  const shared = { mentions, sought };
  const isNoteOfOwn = blocks.at(-1)?.kind !== "words";
  const behind = note !== undefined && <span class="message-note"> {note}</span>;
  return (
    <div class={isOnlyEmoji(content) ? "message-text message-text-large" : "message-text"} dir="auto">
      {blocks.map((block, index) => (
        <BlockOfText key={index} block={block} {...shared}>
          {index === blocks.length - 1 && !isNoteOfOwn && behind}
        </BlockOfText>
      ))}
      {isNoteOfOwn && behind}
    </div>
  );
}

interface Shared {
  readonly mentions: readonly Mention[];
  readonly sought: readonly string[];
}

function BlockOfText({ block, children, ...shared }: Shared & { readonly block: Block; readonly children: unknown }) {
  const stretches = useMemo(() => (block.kind === "code" ? [] : stretchesOf(block.text)), [block]);
  if (block.kind === "code") return <CodeBlock text={block.text} language={block.language} />;
  const words = stretches.map((stretch, index) => <StretchOfText key={index} stretch={stretch} {...shared} />);
  if (block.kind === "quote") return <blockquote>{words}</blockquote>;
  return (
    <p>
      {words}
      {children as string}
    </p>
  );
}

function StretchOfText({ stretch, ...shared }: Shared & { readonly stretch: Stretch }) {
  if (stretch.kind === "words") return <Words text={stretch.text} {...shared} />;
  if (stretch.kind === "code") return <code>{stretch.text}</code>;
  const inside = stretch.inside.map((each, index) => <StretchOfText key={index} stretch={each} {...shared} />);
  switch (stretch.kind) {
    case "strong":
      return <strong>{inside}</strong>;
    case "em":
      return <em>{inside}</em>;
    case "struck":
      return <s>{inside}</s>;
  }
}

function Words({ text, mentions, sought }: Shared & { readonly text: string }) {
  const { account } = useWorkspace();
  return (
    <>
      {piecesOf(text, mentions).map(({ text: piece, href, userId }, index) => {
        const words = <Found key={index} text={piece} sought={sought} />;
        if (userId !== undefined) {
          return (
            <b key={index} class={userId === account.userId ? "mention mention-me" : "mention"}>
              {words}
            </b>
          );
        }
        if (href === undefined) return words;
        return (
          <a key={index} href={href} target="_blank" rel="noopener noreferrer nofollow">
            {words}
          </a>
        );
      })}
    </>
  );
}

function Found({ text, sought }: { readonly text: string; readonly sought: readonly string[] }) {
  if (sought.length === 0) return <>{text}</>;
  return (
    <>
      {runsOf(text, sought).map((run, index) =>
        run.isFound ? <mark key={index}>{run.text}</mark> : <Fragment key={index}>{run.text}</Fragment>,
      )}
    </>
  );
}

/** One to three emoji and nothing else are said louder. */
function isOnlyEmoji(content: string): boolean {
  return content.length < 64 && /^(\p{RGI_Emoji}\s?){1,3}$/v.test(content);
}
