/** A piece of a message: plain words, or an address that can be followed. */
export interface Piece {
  readonly text: string;
  readonly href?: string;
}

const ADDRESS = /\bhttps?:\/\/[^\s<>"]+/gi;
/** Part of a sentence rather than of the address that it ends with. */
const TRAILING = /[.,;:!?'")\]}]+$/;

/** Takes a message apart at its web addresses. Joined again, the texts are the message. */
export function piecesOf(content: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of content.matchAll(ADDRESS)) {
    const text = match[0].replace(TRAILING, "");
    if (!URL.canParse(text)) continue;
    if (match.index > end) pieces.push({ text: content.slice(end, match.index) });
    pieces.push({ text, href: text });
    end = match.index + text.length;
  }
  if (end < content.length) pieces.push({ text: content.slice(end) });
  return pieces;
}
