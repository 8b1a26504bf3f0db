/** Letters of scripts that put no space between words: there, a word ends wherever it ends. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const partOfWord = /[\p{L}\p{N}\p{M}_]/u;

/** What is wrong with a message's words in any room, as a sentence for people; undefined when nothing is. */
export function contentFault(content: string): string | undefined {
  // Format characters alone, such as a zero-width space, say nothing.
  if (!/[^\s\p{Cc}\p{Cf}]/u.test(content)) return "content has to say something: this is only white space";
  // PostgreSQL keeps no zero character, and half a surrogate pair has no UTF-8 form.
  if (content.includes("\0") || !content.isWellFormed()) return "content holds a character that cannot be kept";
  return undefined;
}

/**
 * Whether a text holds one of the words, as a word of its own: `class` does not hold `ass`. Case, compatible forms
 * (`ｓｐａｍ`) and invisible characters in between make no difference.
 */
export function holdsBlockedWord(text: string, words: readonly string[]): boolean {
  if (words.length === 0) return false;
  const searched = comparable(text);
  return words.some((word) => holdsWord(searched, comparable(word)));
}

function comparable(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/\p{Cf}/gu, "")
    .toLowerCase();
}

function holdsWord(text: string, word: string): boolean {
  if (word === "") return false;
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    const end = at + word.length;
    if (!joined(before(text, at), first(word)) && !joined(before(word, word.length), first(text, end))) return true;
  }
  return false;
}

/** Whether two neighbours belong to one word. */
function joined(left: string, right: string): boolean {
  return partOfWord.test(left) && partOfWord.test(right) && !unspaced.test(left) && !unspaced.test(right);
}

/** The whole character that begins at an index; empty behind the end. */
function first(text: string, at = 0): string {
  const code = text.codePointAt(at);
  return code === undefined ? "" : String.fromCodePoint(code);
}

/** The whole character that ends before an index; empty at the start. */
function before(text: string, at: number): string {
  return Array.from(text.slice(Math.max(0, at - 2), at)).at(-1) ?? "";
}
