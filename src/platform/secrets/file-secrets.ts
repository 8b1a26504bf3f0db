import { randomBytes } from "node:crypto";
import { link, mkdir, open, readdir, readFile, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Secrets } from "./secrets.ts";

/** Secrets as files that only this user may read: for processes that share a directory. */
export function createFileSecrets(directory: string): Secrets {
  const pathOf = (name: string) => join(directory, name);
  return {
    async list(prefix) {
      const names = (await namesIn(directory)).filter((name) => name.startsWith(prefix));
      const found = await Promise.all(names.map(async (name) => ({ name, content: await read(pathOf(name)) })));
      return found.flatMap(({ name, content }) => (content === undefined ? [] : [{ name, content }]));
    },
    async keep(name, content) {
      const known = await read(pathOf(name));
      if (known !== undefined) return known;
      await writeOnce(directory, name, await content());
      return await readFile(pathOf(name), "utf8");
    },
    forget: (name) => rm(pathOf(name), { force: true }),
    placeOf: pathOf,
  };
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Undefined when there is no such file, or none any more. */
async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Writes a file whole or not at all, and leaves one alone that is there already. It is on the disk once the promise
 * resolves.
 */
async function writeOnce(directory: string, name: string, content: string): Promise<void> {
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
    await link(draft, join(directory, name));
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
