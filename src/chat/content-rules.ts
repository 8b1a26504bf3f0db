/** Letters of scripts that put no space between words: there, a word ends wherever it ends. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const partOfWord = /[\p{L}\p{N}\p{M}_]/u;

/** What is wrong with a message's words in any room, as a sentence for people; undefined when nothing is. */
export function contentFault(content: string): string | undefined {
  // Format characters alone, such as a zero-width space, say nothing.
  if (!/[^\s\p{Cc}\p{Cf}]/u.test(content)) return "content has to say something: this is only white space";
  return undefined;
}

/**
 * Whether a text holds one of the words, as a word of its own: `class` does not hold `ass`. Case, compatible forms
 * (`ｓｐａｍ`) and invisible characters in between make no difference.
 */
export function holdsBlockedWord(text: string, words: readonly string[]): boolean {
  if (words.length === 0) return false;
  const searched = comparable(text);
  // Most messages hold no word even as a part of another, and need none of these.
  let ends: Uint8Array | undefined;
  for (const word of words.map(comparable)) {
    if (word === "") continue;
    for (let at = searched.indexOf(word); at !== -1; at = searched.indexOf(word, at + 1)) {
      ends ??= wordEnds(searched);
      if (ends[at] === 1 && ends[at + word.length] === 1) return true;
    }
  }
  return false;
}

function comparable(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/\p{Cf}/gu, "")
    .toLowerCase();
}

/** 1 at every index of a text, its length included, at which a word may begin or end. */
function wordEnds(text: string): Uint8Array {
  const ends = new Uint8Array(text.length + 1);
  let at = 0;
  let joinsLeft = false;
  for (const character of text) {
    const joins = partOfWord.test(character) && !unspaced.test(character);
    if (!joins || !joinsLeft) ends[at] = 1;
    joinsLeft = joins;
    at += character.length;
  }
  ends[at] = 1;
  return ends;
}
