import data from "emojibase-data/en/compact.json" with { type: "json" };

export interface Emoji {
  readonly emoji: string;
  readonly name: string;
  /** Words that it is also found by. */
  readonly tags: readonly string[];
}

export interface EmojiGroup {
  readonly title: string;
  readonly emojis: readonly Emoji[];
}

/** As Unicode numbers its groups; the one left out holds parts of others. */
const TITLES = [
  [0, "Smileys"],
  [1, "People"],
  [3, "Animals and nature"],
  [4, "Food"],
  [5, "Travel"],
  [6, "Activities"],
  [7, "Objects"],
  [8, "Symbols"],
  [9, "Flags"],
] as const;

/** Every emoji, in the order that Unicode gives them. */
export const groups: readonly EmojiGroup[] = TITLES.map(([number, title]) => ({
  title,
  emojis: data
    .filter(({ group }) => group === number)
    .map(({ unicode, label, tags = [] }) => ({ emoji: unicode, name: label, tags })),
}));

/** Those whose name or tags begin with the words, the best first. */
export function findEmojis(words: string): readonly Emoji[] {
  const sought = words.toLowerCase().split(/\s+/).filter(Boolean);
  const scored = groups
    .flatMap(({ emojis }) => emojis)
    .map((each) => ({ each, score: scoreOf(each, sought) }))
    .filter(({ score }) => score > 0);
  return scored.sort((a, b) => b.score - a.score).map(({ each }) => each);
}

function scoreOf({ name, tags }: Emoji, sought: readonly string[]): number {
  let score = 0;
  for (const word of sought) {
    if (name.startsWith(word)) score += 4;
    else if (name.split(" ").some((part) => part.startsWith(word))) score += 2;
    else if (tags.some((tag) => tag.startsWith(word))) score += 1;
    else return 0;
  }
  return score;
}
