/** How user names and e-mail addresses are compared: case and the many ways to write one character do not count. */
export function nameKey(name: string): string {
  return name.normalize("NFKC").toLowerCase();
}
