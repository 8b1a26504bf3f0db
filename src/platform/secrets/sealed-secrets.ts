import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import type { Secrets } from "./secrets.ts";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;
const mark = "sealed:";

/**
 * Secrets that are worth nothing to who reads only where they are kept: sealed with a passphrase that is elsewhere.
 * Reading throws when what is kept was sealed with another one, or not at all.
 */
export function sealSecrets(secrets: Secrets, passphrase: string): Secrets {
  const key = Buffer.from(hkdfSync("sha256", passphrase, "", "veza sealed secrets", 32));

  function seal(name: string, content: string): string {
    const nonce = randomBytes(nonceBytes);
    // The name belongs to it: a secret that is moved to another's place does not open.
    const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(name));
    const sealed = Buffer.concat([cipher.update(content, "utf8"), cipher.final()]);
    return mark + Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
  }
  function open(name: string, kept: string): string {
    try {
      if (!kept.startsWith(mark)) throw new Error("it is not sealed");
      const bytes = Buffer.from(kept.slice(mark.length), "base64");
      const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes))
        .setAAD(Buffer.from(name))
        .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      return decipher.update(bytes.subarray(nonceBytes + tagBytes), undefined, "utf8") + decipher.final("utf8");
    } catch (error) {
      throw new Error(
        `${secrets.placeOf(name)} does not open with this VEZA_CLUSTER_SECRET: start with the one it was made with, or delete it and sign-ins are renewed`,
        { cause: error },
      );
    }
  }

  return {
    async list(prefix) {
      const all = await secrets.list(prefix);
      return all.map(({ name, content }) => ({ name, content: open(name, content) }));
    },
    async keep(name, content) {
      return open(name, await secrets.keep(name, async () => seal(name, await content())));
    },
    forget: secrets.forget,
    placeOf: secrets.placeOf,
  };
}
