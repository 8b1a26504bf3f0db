import type { UserId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";

/** One emoji on a message. */
export interface ReactionSum {
  readonly emoji: string;
  /** The first hundred who chose it, in the order in which they did. */
  readonly userIds: readonly UserId[];
  /** How many chose it. */
  readonly count: number;
}

const none: readonly ReactionSum[] = [];

/** The sums with one more user, who has not chosen this emoji yet. A new emoji comes last. */
export function withReaction(sums: readonly ReactionSum[], emoji: string, userId: UserId): readonly ReactionSum[] {
  if (!sums.some((sum) => sum.emoji === emoji)) return [...sums, { emoji, userIds: [userId], count: 1 }];
  return sums.map((sum) => {
    if (sum.emoji !== emoji) return sum;
    const isNamed = sum.userIds.length < limits.chat.reactionUsersNamed;
    return { emoji, userIds: isNamed ? [...sum.userIds, userId] : sum.userIds, count: sum.count + 1 };
  });
}

/** The sums with one user less; `first` are those who are named now. An emoji that nobody chooses any more is gone. */
export function withoutReaction(
  sums: readonly ReactionSum[],
  emoji: string,
  first: readonly UserId[],
): readonly ReactionSum[] {
  return sums
    .map((sum) => (sum.emoji === emoji ? { emoji, userIds: first, count: sum.count - 1 } : sum))
    .filter((sum) => sum.count > 0);
}

export function reactionsToText(sums: readonly ReactionSum[]): string {
  return sums.length === 0 ? "[]" : JSON.stringify(sums);
}

export function reactionsFrom(text: string): readonly ReactionSum[] {
  // Most messages have none, and every page of a history asks.
  return text === "[]" ? none : (JSON.parse(text) as ReactionSum[]);
}
