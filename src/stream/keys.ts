import { hash, randomBytes, timingSafeEqual } from "node:crypto";

/** A new stream key: 192 random bits in letters that every URL and shell takes. */
export function newStreamKey(): string {
  return randomBytes(24).toString("base64url");
}

/** What is stored of a key. It is random and long, so that one fast round is enough to hide it. */
export function hashOfKey(key: string): Uint8Array {
  return hash("sha256", key, "buffer");
}

/** Whether a key is the one of this hash, in a time that tells nothing. */
export function isKeyOf(keyHash: Uint8Array, key: string): boolean {
  return timingSafeEqual(hashOfKey(key), keyHash);
}
