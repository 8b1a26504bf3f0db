const KEY = "veza.emoji";
const MOST = 16;
const AT_FIRST = ["👍", "❤️", "😂", "🎉", "😮", "😢", "🙏", "👀"];

/** Those that the person chose last, the latest first; some that everybody uses while there are few. */
export function recentEmojis(): readonly string[] {
  const kept = read();
  return [...kept, ...AT_FIRST.filter((emoji) => !kept.includes(emoji))].slice(0, MOST);
}

export function rememberEmoji(emoji: string): void {
  try {
    localStorage.setItem(KEY, JSON.stringify([emoji, ...read().filter((other) => other !== emoji)].slice(0, MOST)));
  } catch {
    // No storage: those that everybody uses are shown.
  }
}

function read(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}
