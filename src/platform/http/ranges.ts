/** The bytes of a file that a request asks for. */
export type WantedRange = "all" | "unsatisfiable" | { readonly from: number; readonly to: number };

/**
 * Reads a Range header for a file of `size` bytes (RFC 9110 §14.2). One range is served; several, or what cannot be
 * read, is answered with the whole, as it may be. `to` is the last byte, inclusive.
 */
export function wantedRange(header: string | undefined, size: number): WantedRange {
  const match = header === undefined ? null : /^bytes=(\d*)-(\d*)$/i.exec(header.replaceAll(" ", ""));
  if (match === null || (match[1] === "" && match[2] === "")) return "all";
  const [, first = "", last = ""] = match;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { from: size - length, to: size - 1 };
  }
  const from = Number(first);
  if (last !== "" && Number(last) < from) return "all";
  if (from >= size) return "unsatisfiable";
  return { from, to: Math.min(last === "" ? size - 1 : Number(last), size - 1) };
}
