const word = /[\p{L}\p{N}\p{M}\p{Co}]+/gu;
/** The accents of Latin, Greek and Cyrillic letters. The marks of other scripts tell words apart. */
const accents = /[\u0300-\u036f]/g;

/** A word may be as long as a message; indexes take shorter ones. */
const lettersCompared = 100;

/**
 * The words of a text, as they are compared: in lower case, without accents, compatible forms as one. Punctuation only
 * parts them; what holds no letter and no digit holds no word.
 */
export function wordsIn(text: string): string[] {
  const plain = text.normalize("NFKD").replace(accents, "").normalize("NFC").toLowerCase();
  return [...new Set((plain.match(word) ?? []).map((each) => shortened(each)))];
}

function shortened(each: string): string {
  return each.length <= lettersCompared ? each : [...each].slice(0, lettersCompared).join("");
}
