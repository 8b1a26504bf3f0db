import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { Failure, Reason } from "../platform/failure.ts";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const positionBytes = 8;
const tagBytes = 16;

/** Page tokens that tell nothing about where a list goes on, and that nobody can make but the service. */
export interface PageSeal {
  /** The token with which this list goes on at a position: a whole number, not negative. */
  seal(list: string, position: number): string;
  /** What was sealed for this list. Throws INVALID_PAGE_TOKEN for every other token. */
  open(list: string, token: string): number;
}

/** `key`: 32 bytes that all processes of the service share. */
export function createPageSeal(key: Buffer): PageSeal {
  return {
    seal(list, position) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(list));
      const plain = Buffer.alloc(positionBytes);
      plain.writeBigUInt64BE(BigInt(position));
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]).toString("base64url");
    },

    open(list, token) {
      const bytes = Buffer.from(token, "base64url");
      if (bytes.length !== nonceBytes + positionBytes + tagBytes) throw new Failure(Reason.INVALID_PAGE_TOKEN);
      const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
        .setAAD(Buffer.from(list))
        .setAuthTag(bytes.subarray(-tagBytes));
      const plain = decipher.update(bytes.subarray(nonceBytes, -tagBytes));
      try {
        decipher.final();
      } catch {
        throw new Failure(Reason.INVALID_PAGE_TOKEN);
      }
      return Number(plain.readBigUInt64BE());
    },
  };
}
