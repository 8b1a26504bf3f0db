import { randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Writes a file that only this user may read, whole or not at all, and leaves one alone that is there already.
 * It is on the disk once the promise resolves.
 */
export async function writeSecretOnce(path: string, content: string): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const draft = join(directory, `.${randomBytes(8).toString("hex")}.draft`);
  const file = await open(draft, "wx", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    // Unlike a rename, a link never replaces what another process has just written.
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await unlink(draft);
  }
  const entry = await open(directory, "r");
  try {
    await entry.sync();
  } finally {
    await entry.close();
  }
}

/** The secret of that many bytes in a file, made when there is none. Throws when the file holds something else. */
export async function loadSecret(path: string, bytes: number): Promise<Buffer> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    await writeSecretOnce(path, `${randomBytes(bytes).toString("base64url")}\n`);
    text = await readFile(path, "utf8");
  }
  const secret = Buffer.from(text.trim(), "base64url");
  if (secret.length !== bytes) throw new Error(`${path} does not hold a key of ${bytes} bytes`);
  return secret;
}
