const connected = /[\p{L}\p{N}\p{M}\p{Co}]+/gu;
/** The accents of Latin, Greek and Cyrillic letters. The marks of other scripts tell words apart. */
const accents = /[\u0300-\u036f]/g;
/** Scripts that put no space between words. */
const unspaced = /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]+/gu;

/** A word may be as long as a message; indexes take shorter ones. */
const lettersCompared = 100;

/** What a message has to be found by: a word that the index holds, or the beginning of one. */
export interface Term {
  readonly word: string;
  readonly isBeginning: boolean;
}

/** What somebody looks for. */
export interface WordQuery {
  /** All of them are there in whatever holds the words. Empty without a word. */
  readonly terms: readonly Term[];
  /** Whether a text holds the words: the last one may be the beginning of one. */
  isIn(text: string): boolean;
}

/** Words with space around them, and runs of letters without any, in which words begin and end anywhere. */
interface Parts {
  readonly words: string[];
  readonly runs: string[];
  /** Whether a word comes last, and not a run. */
  readonly endsWithWord: boolean;
}

/**
 * The words of a text that it is found by, none twice: in lower case, without accents, compatible forms as one.
 * Punctuation only parts them; what holds no letter and no digit holds no word. Of scripts without spaces these are all
 * pairs of neighbouring letters, and the last letter.
 */
export function wordsIn(text: string): string[] {
  const { words, runs } = partsOf(text);
  return [...new Set([...words, ...runs.flatMap((run) => [...pairsOf(run), lastOf(run)])])];
}

/** Reads what somebody has typed to look for. Nothing in it is an operator. */
export function readQuery(query: string): WordQuery {
  const { words, runs, endsWithWord } = partsOf(query);
  const beginning = endsWithWord ? words.pop() : undefined;
  const terms = new Map<string, Term>();
  for (const word of words) terms.set(word, { word, isBeginning: false });
  for (const run of runs) {
    const pairs = pairsOf(run);
    for (const word of pairs) terms.set(word, { word, isBeginning: false });
    // A letter alone begins pairs.
    if (pairs.length === 0) terms.set(run, { word: run, isBeginning: true });
  }
  if (beginning !== undefined && !terms.has(beginning)) terms.set(beginning, { word: beginning, isBeginning: true });
  return {
    terms: [...terms.values()],
    isIn(text) {
      const held = partsOf(text);
      const whole = new Set(held.words);
      return (
        words.every((each) => whole.has(each)) &&
        runs.every((each) => held.runs.some((run) => run.includes(each))) &&
        (beginning === undefined || held.words.some((each) => each.startsWith(beginning)))
      );
    },
  };
}

/** All that a message is found by, without white space in any: the words it says, and one for its room. */
export function searchedWords({ roomId, content }: { roomId: string; content: string }): string[] {
  return [roomWord(roomId), ...wordsIn(content)];
}

/** No word that is said begins with a colon, however little of it is looked for. */
export function roomWord(roomId: string): string {
  return `:${roomId}`;
}

function partsOf(text: string): Parts {
  const plain = text.normalize("NFKD").replace(accents, "").normalize("NFC").toLowerCase();
  const words: string[] = [];
  const runs: string[] = [];
  let endsWithWord = false;
  for (const [letters] of plain.matchAll(connected)) {
    let end = 0;
    for (const { 0: run, index } of letters.matchAll(unspaced)) {
      if (index > end) words.push(shortened(letters.slice(end, index)));
      runs.push(run);
      end = index + run.length;
    }
    endsWithWord = end < letters.length;
    if (endsWithWord) words.push(shortened(letters.slice(end)));
  }
  return { words, runs, endsWithWord };
}

/** Pairs of neighbouring letters. */
function pairsOf(run: string): string[] {
  const letters = [...run];
  return letters.slice(1).map((letter, index) => `${letters[index]}${letter}`);
}

function lastOf(run: string): string {
  return [...run].at(-1) as string;
}

function shortened(each: string): string {
  return each.length <= lettersCompared ? each : [...each].slice(0, lettersCompared).join("");
}
