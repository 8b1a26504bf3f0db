import { addressesIn } from "./pieces.ts";

/** A part of a message that stands by itself. */
export type Block =
  | { readonly kind: "words"; readonly text: string }
  /** What somebody else said, without the signs in front of its lines. */
  | { readonly kind: "quote"; readonly text: string }
  /** `language` is what was written behind the fence, perhaps nothing. */
  | { readonly kind: "code"; readonly text: string; readonly language: string };

/** A stretch of a line. Emphasis may hold further emphasis, code holds nothing but its letters. */
export type Stretch =
  | { readonly kind: "words"; readonly text: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: Emphasis; readonly inside: readonly Stretch[] };

type Emphasis = "strong" | "em" | "struck";

const FENCE = /^```([\w+#.-]*)[ \t]*$/;
const QUOTE = /^>[ \t]/;

/** Takes a message apart at its fenced code and its quotes. A fence that nothing closes is no fence. */
export function blocksOf(content: string): Block[] {
  const lines = content.split("\n");
  const blocks: Block[] = [];
  let words: string[] = [];
  function endWords(): void {
    const text = words.join("\n").replace(/^\n+|\n+$/g, "");
    if (text !== "") blocks.push({ kind: "words", text });
    words = [];
  }
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] as string;
    const language = FENCE.exec(line)?.[1];
    const end = language === undefined ? -1 : lines.findIndex((other, index) => index > at && /^```\s*$/.test(other));
    if (language !== undefined && end > at) {
      endWords();
      blocks.push({ kind: "code", text: lines.slice(at + 1, end).join("\n"), language });
      at = end + 1;
    } else if (QUOTE.test(line)) {
      endWords();
      const from = at;
      while (at < lines.length && QUOTE.test(lines[at] as string)) at++;
      const quoted = lines.slice(from, at).map((each) => each.replace(QUOTE, ""));
      blocks.push({ kind: "quote", text: quoted.join("\n") });
    } else {
      words.push(line);
      at++;
    }
  }
  endWords();
  return blocks;
}

/** Whether the end of a text stands inside a fence that is still open: there, a new line is more of the code. */
export function isInFence(text: string): boolean {
  return text.split("\n").filter((line) => FENCE.test(line)).length % 2 === 1;
}

const CODE = /(?<!`)(`{1,2})(?!`)([^\n]*?[^`\n])\1(?!`)/g;
const MARKS = [
  ["**", "strong"],
  ["~~", "struck"],
  ["*", "em"],
  ["_", "em"],
] as const;
/** Deeper, marks are letters: nobody writes so, except to find out. */
const DEEPEST = 4;

/** Takes a text apart at its code and its emphasis: `code`, **strong**, *or* _this_, ~~struck~~. */
export function stretchesOf(text: string): Stretch[] {
  const codes = new Map<number, RegExpExecArray>();
  for (const match of text.matchAll(CODE)) codes.set(match.index, match);
  /** The text, with blanks for what may hold signs that mean nothing. */
  let plain = text.replace(CODE, blank);
  for (const { index, text: address } of addressesIn(plain)) {
    plain = plain.slice(0, index) + blank(address) + plain.slice(index + address.length);
  }

  function read(from: number, to: number, depth: number): Stretch[] {
    const found: Stretch[] = [];
    /** Marks that nothing further on closes. */
    const vain = new Set<string>();
    let begin = from;
    function take(until: number, stretch: Stretch, next: number): number {
      if (until > begin) found.push({ kind: "words", text: text.slice(begin, until) });
      found.push(stretch);
      begin = next;
      return next;
    }
    for (let at = from; at < to; ) {
      const code = codes.get(at);
      if (code !== undefined) {
        at = take(at, { kind: "code", text: withoutPadding(code) }, at + code[0].length);
        continue;
      }
      const [mark, kind] = MARKS.find(([each]) => plain.startsWith(each, at)) ?? [];
      if (mark === undefined || kind === undefined) {
        at++;
        continue;
      }
      const inner = at + mark.length;
      const isOpen = depth < DEEPEST && !vain.has(mark) && opens(plain, mark, at);
      const end = isOpen ? endOf(plain, mark, inner, to) : -1;
      if (end > 0) at = take(at, { kind, inside: read(inner, end, depth + 1) }, end + mark.length);
      else {
        if (isOpen) vain.add(mark);
        at = inner;
      }
    }
    if (begin < to) found.push({ kind: "words", text: text.slice(begin, to) });
    return found;
  }
  return read(0, text.length, 0);
}

/** A message in one line, without its signs: for where there is room for no more. */
export function plainText(content: string): string {
  return blocksOf(content)
    .map((block) => (block.kind === "code" ? block.text : stretchesOf(block.text).map(lettersOf).join("")))
    .join(" ");
}

function lettersOf(stretch: Stretch): string {
  return "text" in stretch ? stretch.text : stretch.inside.map(lettersOf).join("");
}

const IN_WORD = /[\p{L}\p{N}]/u;

/** A mark opens before a word, and not inside of one: 2*3*4 and snake_case_names are none. */
function opens(text: string, mark: string, at: number): boolean {
  const next = text[at + mark.length] ?? " ";
  return !/\s/.test(next) && next !== mark[0] && !IN_WORD.test(text[at - 1] ?? " ");
}

/** Where a mark closes, behind a word and in the same line; -1 for nowhere. */
function endOf(text: string, mark: string, from: number, to: number): number {
  const line = text.indexOf("\n", from);
  const end = line < 0 ? to : Math.min(line, to);
  for (let at = text.indexOf(mark, from + 1); at >= 0 && at + mark.length <= end; at = text.indexOf(mark, at + 1)) {
    const next = text[at + mark.length] ?? " ";
    const isDouble = mark.length === 1 && (next === mark || text[at - 1] === mark);
    if (!isDouble && !/\s/.test(text[at - 1] as string) && !IN_WORD.test(next)) return at;
  }
  return -1;
}

/** Two signs around code that holds one of them, which a blank may set apart. */
function withoutPadding([, marks, inside = ""]: RegExpExecArray): string {
  return marks === "``" && inside.startsWith(" ") && inside.endsWith(" ") ? inside.slice(1, -1) : inside;
}

const blank = (text: string): string => "\0".repeat(text.length);
