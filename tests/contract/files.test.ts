import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Files, FileTooLarge } from "#src/platform/files/files.ts";
import { readFilesUrl } from "#src/platform/files/files-url.ts";
import { createLocalFiles } from "#src/platform/files/local-files.ts";
import { createS3Files } from "#src/platform/files/s3-files.ts";
import { type S3Server, startS3Server } from "../kit/s3-server.ts";

let folder: string;
let s3: S3Server;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "veza-files-"));
  s3 = await startS3Server();
});
afterEach(async () => {
  await s3[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

function inBucket(url: string): Files {
  const place = readFilesUrl(url);
  if (!("bucket" in place)) throw new Error(`${url} names no bucket`);
  return createS3Files({ bucket: place.bucket, incoming: join(folder, "incoming") });
}

/** Another store than the one of the tests is named by VEZA_TEST_FILES_URL: its bucket has to be there, and empty. */
const elsewhere = process.env.VEZA_TEST_FILES_URL;
const stores: Record<string, () => Files> = {
  "a directory": () => createLocalFiles(folder),
  "a bucket": () => inBucket(s3.url),
  ...(elsewhere !== undefined && { "the bucket of VEZA_TEST_FILES_URL": () => inBucket(elsewhere) }),
};

async function* inPieces(bytes: Buffer, size = 10_000) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Readable.from(bytes).toArray()).toString("latin1");
}
const incomingNames = () => readdir(join(folder, "incoming"));

describe.each(Object.entries(stores))("%s", (_name, open) => {
  test("keeps what came in, whole and in parts, until it is removed", async () => {
    const files = open();
    const sent = randomBytes(200_003);
    const incoming = await files.receive(inPieces(sent), sent.length);
    expect(incoming.size).toBe(sent.length);
    expect(await files.open("attachments/one")).toBeUndefined();
    await files.keep("attachments/one", incoming.path);
    await incoming[Symbol.asyncDispose]();
    expect(await incomingNames()).toEqual([]);

    await using kept = await files.open("attachments/one");
    expect(kept?.size).toBe(sent.length);
    if (kept === undefined) return;
    expect(await textOf(kept.read(0, sent.length - 1))).toBe(sent.toString("latin1"));
    expect(await textOf(kept.read(70_000, 140_001))).toBe(sent.subarray(70_000, 140_002).toString("latin1"));
    for await (const piece of kept.read(0, sent.length - 1)) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    await files.remove("attachments/one");
    await files.remove("attachments/one");
    expect(await files.open("attachments/one")).toBeUndefined();
  });

  test("keeps one file in place of another", async () => {
    const files = open();
    for (const word of ["first", "second"]) {
      const path = join(folder, word);
      await writeFile(path, word);
      await files.keep("recordings/one.ogg", path);
    }
    await using kept = await files.open("recordings/one.ogg");
    expect(kept && (await textOf(kept.read(0, kept.size - 1)))).toBe("second");
    await files.remove("recordings/one.ogg");
  });

  test("takes no more than it is told to, and leaves nothing of what it refused", async () => {
    const files = open();
    await expect(files.receive(inPieces(randomBytes(50_001)), 50_000)).rejects.toBeInstanceOf(FileTooLarge);
    async function* cut() {
      yield randomBytes(10);
      throw new Error("the sender left");
    }
    await expect(files.receive(cut(), 1000)).rejects.toThrow("the sender left");
    expect(await incomingNames()).toEqual([]);
  });

  test("lists what was kept before a time, folder by folder", async () => {
    const files = open();
    const keys = Array.from({ length: 5 }, (_, index) => `attachments/number-${index}`);
    for (const key of [...keys, "thumbnails/other"]) {
      await writeFile(join(folder, "new"), key);
      await files.keep(key, join(folder, "new"));
    }
    const hour = 60 * 60 * 1000;
    const listed = (at: number) => Readable.from(files.keptBefore("attachments", at)).toArray();
    expect((await listed(Date.now() + hour)).sort()).toEqual(keys);
    expect(await listed(Date.now() - hour)).toEqual([]);
    expect(await Readable.from(files.keptBefore("nothing", Date.now())).toArray()).toEqual([]);
    for (const key of [...keys, "thumbnails/other"]) await files.remove(key);
  });

  test("forgets what a process that was killed left coming in, and nothing newer", async () => {
    const files = open();
    await files.forgetIncoming(Date.now());
    const left = await files.receive(inPieces(randomBytes(10)), 10);
    const now = await files.receive(inPieces(randomBytes(10)), 10);
    await utimes(left.path, 1, 1);
    await files.forgetIncoming(Date.now() - 60_000);
    expect(await incomingNames()).toEqual([now.path.split("/").at(-1)]);
  });

  test("refuses keys that mean another place", async () => {
    const files = open();
    for (const key of ["../secret", "attachments/../x", "attachments/", "/etc/passwd", "a/b/c", "attachments/A"]) {
      await expect(files.open(key), key).rejects.toThrow("not the key");
    }
  });
});

test("a store that is busy is asked again; one that refuses says why in the log, and nothing is lost", async () => {
  const files = inBucket(s3.url);
  const path = join(folder, "new");
  await writeFile(path, "words");
  s3.failNext(2);
  await files.keep("attachments/one", path);
  expect(s3.objects.get("attachments/one")?.toString()).toBe("words");

  await writeFile(path, "words");
  const wrong = inBucket(s3.url.replace("AKIDEXAMPLE", "somebody"));
  await expect(wrong.keep("attachments/two", path)).rejects.toThrow(/403 .*SignatureDoesNotMatch/);
  expect(await readdir(folder)).toContain("new");
});

test("where files are kept is read from one variable", () => {
  expect(readFilesUrl("/srv/veza")).toEqual({ directory: "/srv/veza" });
  expect(readFilesUrl("s3://key:a%2Fb@minio:9000/veza?tls=off")).toEqual({
    bucket: { url: "http://minio:9000/veza", region: "us-east-1", accessKeyId: "key", secretAccessKey: "a/b" },
  });
  for (const wrong of [
    "s3://host/bucket",
    "s3://a:b@host",
    "https://host/bucket",
    "s3://a:b@host/x/y",
    "s3://a:b@h/bu?tls=no",
  ])
    expect(() => readFilesUrl(wrong), wrong).toThrow("has to be a directory");
});
