/** A run of a text, and whether it is what was looked for. */
export interface Run {
  readonly text: string;
  readonly isFound: boolean;
}

const WORD = /[\p{L}\p{N}\p{M}]+/gu;
/** As the service compares words: without the accents of Latin, Greek and Cyrillic letters. */
const ACCENTS = /[\u0300-\u036f]/g;

const folded = (text: string): string => text.normalize("NFKD").replace(ACCENTS, "").normalize("NFC").toLowerCase();

/** The words of a question: whole ones, the last of which may be the beginning of one. */
export function soughtWords(query: string): readonly string[] {
  return folded(query).match(WORD) ?? [];
}

/** Takes a text apart at the words that were looked for. Joined again, the texts are the text. */
export function runsOf(text: string, sought: readonly string[]): Run[] {
  const whole = new Set(sought);
  const last = sought.at(-1);
  const runs: Run[] = [];
  let end = 0;
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const plain = folded(word);
    if (!whole.has(plain) && (last === undefined || !plain.startsWith(last))) continue;
    if (index > end) runs.push({ text: text.slice(end, index), isFound: false });
    runs.push({ text: word, isFound: true });
    end = index + word.length;
  }
  if (end < text.length) runs.push({ text: text.slice(end), isFound: false });
  return runs;
}
