/** A piece of a message: plain words, an address that can be followed, or the name of somebody who is mentioned. */
export interface Piece {
  readonly text: string;
  readonly href?: string;
  readonly userId?: string;
}

/** Somebody whom the service says a message mentions. */
interface Mentioned {
  readonly userId: string;
  readonly username: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"]+/gi;
/** As the service reads names: what may be one, behind an @ that stands at the beginning of a word. */
const NAME = /(?<![\p{L}\p{N}\p{M}_.@-])@([\p{L}\p{N}][\p{L}\p{N}\p{M}._-]*)/gu;
/** Part of the sentence rather than of the address that it ends with. */
const STOP = /[.,;:!?'"\]}]$/;

/** Takes a message apart at its web addresses and mentions. Joined again, the texts are the message. */
export function piecesOf(content: string, mentions: readonly Mentioned[] = []): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const { index, text } of addressesIn(content)) {
    pieces.push(...wordsOf(content.slice(end, index), mentions), { text, href: text });
    end = index + text.length;
  }
  return [...pieces, ...wordsOf(content.slice(end), mentions)];
}

/** The web addresses of a text, and where each begins. */
export function* addressesIn(content: string): Generator<{ readonly index: number; readonly text: string }> {
  for (const match of content.matchAll(ADDRESS)) {
    const text = withoutStops(match[0]);
    if (URL.canParse(text)) yield { index: match.index, text };
  }
}

/** Plain words, taken apart at the names of those who are mentioned. */
function wordsOf(words: string, mentions: readonly Mentioned[]): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  if (mentions.length > 0) {
    for (const { 1: name = "", index } of words.matchAll(NAME)) {
      const found = longestOf(name, mentions);
      if (found === undefined) continue;
      if (index > end) pieces.push({ text: words.slice(end, index) });
      end = index + 1 + found.username.length;
      pieces.push({ text: words.slice(index, end), userId: found.userId });
    }
  }
  if (end < words.length) pieces.push({ text: words.slice(end) });
  return pieces;
}

/** A name may be followed by a full stop that it could also hold. */
function longestOf(name: string, mentions: readonly Mentioned[]): Mentioned | undefined {
  const lower = name.toLowerCase();
  return mentions.find(({ username }) => {
    const rest = lower.slice(username.length);
    return lower.startsWith(username.toLowerCase()) && /^[._-]*$/.test(rest);
  });
}

function withoutStops(address: string): string {
  let end = address;
  while (STOP.test(end) || (end.endsWith(")") && countOf(end, ")") > countOf(end, "("))) end = end.slice(0, -1);
  return end;
}

function countOf(text: string, character: string): number {
  return text.split(character).length - 1;
}
