/** The words of a text with one on each line: without the empty ones, and each once. */
export function blockedWordsFrom(text: string): string[] {
  return [
    ...new Set(
      text
        .split("\n")
        .map((word) => word.trim())
        .filter((word) => word !== ""),
    ),
  ];
}
