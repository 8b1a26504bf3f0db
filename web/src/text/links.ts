/** A piece of a message: plain words, or an address that can be followed. */
export interface Piece {
  readonly text: string;
  readonly href?: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"]+/gi;
/** Part of the sentence rather than of the address that it ends with. */
const STOP = /[.,;:!?'"\]}]$/;

/** Takes a message apart at its web addresses. Joined again, the texts are the message. */
export function piecesOf(content: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of content.matchAll(ADDRESS)) {
    const text = withoutStops(match[0]);
    if (!URL.canParse(text)) continue;
    if (match.index > end) pieces.push({ text: content.slice(end, match.index) });
    pieces.push({ text, href: text });
    end = match.index + text.length;
  }
  if (end < content.length) pieces.push({ text: content.slice(end) });
  return pieces;
}

function withoutStops(address: string): string {
  let end = address;
  while (STOP.test(end) || (end.endsWith(")") && countOf(end, ")") > countOf(end, "("))) end = end.slice(0, -1);
  return end;
}

function countOf(text: string, character: string): number {
  return text.split(character).length - 1;
}
