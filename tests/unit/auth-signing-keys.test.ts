import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createSigningKeys } from "../../src/auth/signing-keys.ts";
import { limits } from "../../src/platform/limits.ts";
import { createFileSecrets } from "../../src/platform/secrets/file-secrets.ts";

const monthMs = 30 * 24 * 60 * 60 * 1000;

async function emptyDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "veza-keys-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

test("the key survives a restart in a file that nobody else may read", async () => {
  const directory = await emptyDirectory();
  const clock = { now: () => 1000 };
  const first = await createSigningKeys({ secrets: createFileSecrets(directory), clock });
  const second = await createSigningKeys({ secrets: createFileSecrets(directory), clock });
  expect(await second.jwks()).toEqual(await first.jwks());
  const files = await readdir(directory);
  expect(files).toEqual(["signing-first.json"]);
  expect((await stat(join(directory, files[0] as string))).mode & 0o777).toBe(0o600);
});

test("a key is replaced after thirty days, and deleted once its tokens expired", async () => {
  const directory = await emptyDirectory();
  let now = 1000;
  const keys = await createSigningKeys({ secrets: createFileSecrets(directory), clock: { now: () => now } });
  const { kid: first } = keys.current();
  now += monthMs - 1;
  await keys.rotate();
  expect(keys.current().kid).toBe(first);
  now += 1;
  await keys.rotate();
  const { kid: second } = keys.current();
  expect((await keys.jwks()).keys.map(({ kid }) => kid)).toEqual([second, first]);
  now += limits.token.accessMs;
  expect((await keys.jwks()).keys.map(({ kid }) => kid)).toEqual([second]);
  await keys.rotate();
  expect(await readdir(directory)).toEqual([`signing-after-${first}.json`]);
});

test("a broken key file stops the start and is named", async () => {
  const directory = await emptyDirectory();
  await writeFile(join(directory, "signing-broken.json"), "{}");
  const opening = createSigningKeys({ secrets: createFileSecrets(directory), clock: { now: () => 1000 } });
  await expect(opening).rejects.toThrow("signing-broken.json");
});

test("processes that start together agree on one key, and each finds the key that another makes later", async () => {
  const secrets = createFileSecrets(await emptyDirectory());
  let now = 1000;
  const clock = { now: () => now };
  const [one, other] = await Promise.all([
    createSigningKeys({ secrets, clock }),
    createSigningKeys({ secrets, clock }),
  ]);
  expect(one.current().kid).toBe(other.current().kid);
  now += monthMs;
  await Promise.all([one.rotate(), other.rotate()]);
  expect(one.current().kid).toBe(other.current().kid);
  now += monthMs;
  await one.rotate();
  const { kid } = one.current();
  expect(other.current().kid).not.toBe(kid);
  await other.find({ alg: "EdDSA", kid }, { payload: "", signature: "" });
  expect((await other.jwks()).keys.map((key) => key.kid)).toContain(kid);
});
