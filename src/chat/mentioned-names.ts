import { nameKey } from "../platform/name-key.ts";

/** `@name`, unless it stands in the middle of a word: an address is no mention. */
const mention = /(?<![\p{L}\p{N}\p{M}_.@-])@([\p{L}\p{N}][\p{L}\p{N}\p{M}._-]*)/gu;
const trailing = /[._-]+$/;

/**
 * The names that a text may mention, each as its keys: the first is what is written, the next what is left without
 * punctuation at its end, as in `ask @ann.`. At most `limit`, none twice.
 */
export function mentionedNames(text: string, limit: number): string[][] {
  if (!text.includes("@")) return [];
  const names = new Map<string, string[]>();
  for (const [, written = ""] of text.matchAll(mention)) {
    const whole = nameKey(written);
    names.set(whole, [...new Set([whole, whole.replace(trailing, "")])]);
    if (names.size === limit) break;
  }
  return [...names.values()];
}
