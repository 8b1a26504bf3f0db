/** Longer titles sort by their beginning only, so that a page token can hold it. */
const keyLength = 48;

/** A title as lists sort it: capitals and accents make no difference, as in a dictionary. */
export function titleKey(title: string): string {
  return title
    .normalize("NFKD")
    .replace(/[\p{M}\p{C}]/gu, "")
    .trim()
    .toLowerCase()
    .slice(0, keyLength)
    .toWellFormed();
}
