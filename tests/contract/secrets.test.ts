import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createFileSecrets } from "#src/platform/secrets/file-secrets.ts";
import { sealSecrets } from "#src/platform/secrets/sealed-secrets.ts";
import { randomSecret, type Secrets } from "#src/platform/secrets/secrets.ts";
import { createSqlSecrets } from "#src/platform/secrets/sql-secrets.ts";
import { dropDatabaseOf, openDatabase, present, tablesHolding } from "../kit/databases.ts";

let folder: string;
let opened: AsyncDisposableStack;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "veza-secrets-"));
  opened = new AsyncDisposableStack();
});
afterEach(async () => {
  await opened.disposeAsync();
  await dropDatabaseOf(folder);
  await rm(folder, { recursive: true, force: true });
});

const passphrase = "a passphrase of at least so many characters";
const database = async (backend: (typeof present)[number]) =>
  opened.use(await openDatabase(folder, { backend, tables: "empty" }));

/** Each gives what one process of several has. */
const stores: Record<string, () => Promise<Secrets>> = {
  files: async () => createFileSecrets(join(folder, "keys")),
  "sealed files": async () => sealSecrets(createFileSecrets(join(folder, "keys")), passphrase),
  ...Object.fromEntries(
    present.map((backend) => [`rows of ${backend}`, async () => createSqlSecrets(await database(backend))]),
  ),
};

describe.each(Object.entries(stores))("secrets as %s", (_, open) => {
  test("are agreed on by all who make one at the same time", async () => {
    const processes = await Promise.all([open(), open(), open()]);
    const kept = await Promise.all(processes.map((secrets) => randomSecret(secrets, "one.key", 32)));
    expect(new Set(kept.map((secret) => secret.toString("hex"))).size).toBe(1);
    expect((await randomSecret(await open(), "one.key", 32)).equals(kept[0] as Buffer)).toBe(true);
    expect((await randomSecret(await open(), "other.key", 32)).equals(kept[0] as Buffer)).toBe(false);
    await expect(randomSecret(await open(), "one.key", 16)).rejects.toThrow(
      /one\.key.* does not hold a key of 16 bytes/,
    );
  });

  test("are listed by the beginning of their names, and forgotten", async () => {
    const secrets = await open();
    expect(await secrets.list("signing-")).toEqual([]);
    for (const name of ["signing-a", "signing-b", "other"]) await secrets.keep(name, () => `content of ${name}`);
    const listed = await (await open()).list("signing-");
    expect(listed.sort((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: "signing-a", content: "content of signing-a" },
      { name: "signing-b", content: "content of signing-b" },
    ]);
    await secrets.forget("signing-a");
    await secrets.forget("nothing");
    expect((await secrets.list("signing-")).map(({ name }) => name)).toEqual(["signing-b"]);
  });
});

test("files of secrets are for this user alone", async () => {
  const secrets = createFileSecrets(join(folder, "keys"));
  await secrets.keep("one.key", () => "secret");
  expect((await stat(join(folder, "keys"))).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, "keys", "one.key"))).mode & 0o777).toBe(0o600);
});

test("sealed secrets tell nothing to who reads the database, and open with no other passphrase or name", async () => {
  const rows = await database("sqlite");
  const bare = await createSqlSecrets(rows);
  const sealed = sealSecrets(bare, passphrase);
  await sealed.keep("one.key", () => "the word");
  expect(await tablesHolding(rows, "the word")).toEqual([]);
  expect(await sealed.keep("one.key", () => "another")).toBe("the word");
  await expect(sealSecrets(bare, `${passphrase}!`).list("one")).rejects.toThrow("VEZA_CLUSTER_SECRET");
  const [kept] = await bare.list("one.key");
  await bare.keep("two.key", () => kept?.content ?? "");
  await expect(sealed.list("two.key")).rejects.toThrow("does not open");
});
