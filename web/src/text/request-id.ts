/** A new request id. Not crypto.randomUUID: browsers keep that from pages on plain HTTP, where Veza may well be served. */
export function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
