/**
 * Small secrets that all processes of a service share: keys, mostly. Each is kept under a name and never changed, so
 * that processes that start together agree on one.
 */
export interface Secrets {
  /** Those whose names begin so, in no order. */
  list(prefix: string): Promise<{ readonly name: string; readonly content: string }[]>;
  /** Keeps the content unless the name has one already. Answers the one that is kept, once it is on the disk. */
  keep(name: string, content: () => string | Promise<string>): Promise<string>;
  forget(name: string): Promise<void>;
  /** Where the secret is, for whoever has to mend it. */
  placeOf(name: string): string;
}

/** A secret of that many random bytes, made when there is none. Throws when something else is kept under the name. */
export async function randomSecret(secrets: Secrets, name: string, bytes: number): Promise<Buffer> {
  const text = await secrets.keep(name, () => {
    const random = crypto.getRandomValues(new Uint8Array(bytes));
    return `${Buffer.from(random).toString("base64url")}\n`;
  });
  const secret = Buffer.from(text.trim(), "base64url");
  if (secret.length !== bytes) throw new Error(`${secrets.placeOf(name)} does not hold a key of ${bytes} bytes`);
  return secret;
}
