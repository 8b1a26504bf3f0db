import { createHash } from "node:crypto";
import { createReadStream, openAsBlob } from "node:fs";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { AwsClient } from "aws4fetch";
import { limits } from "../limits.ts";
import { checkedKey, type FileKey, type Files } from "./files.ts";
import { createIncoming } from "./incoming.ts";

/** A bucket of an S3-compatible store. */
export interface S3Bucket {
  /** `https://host:port/bucket`, without a slash at the end. */
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * Files in an S3-compatible store. What comes in waits in `incoming`, a folder of this machine. A file is one PUT, so it
 * is there as a whole or not at all; stores take up to 5 GB that way.
 */
export function createS3Files({ bucket, incoming }: { bucket: S3Bucket; incoming: string }): Files {
  const client = new AwsClient({ ...bucket, service: "s3", retries: limits.files.s3Retries });

  /** The store's answer, or undefined for 404. Throws for every other refusal. */
  async function ask(method: string, path: string, init: RequestInit = {}): Promise<Response | undefined> {
    const response = await client.fetch(`${bucket.url}${path}`, { ...init, method });
    if (response.ok) return response;
    const said = (await response.text()).slice(0, limits.files.s3ComplaintChars);
    if (response.status === 404 && !said.includes("NoSuchBucket")) return undefined;
    throw new Error(`the file store answered ${response.status} to ${method} ${path.split("?", 1)[0]}: ${said}`);
  }
  const pathOf = (key: FileKey) => `/${checkedKey(key)}`;
  const quickly = () => ({ signal: AbortSignal.timeout(limits.files.s3AnswerMs) });

  return {
    ...createIncoming(incoming),
    async keep(key, path) {
      // Signed along: what arrives is what was sent.
      const hash = { "x-amz-content-sha256": await sha256Of(path) };
      const kept = await ask("PUT", pathOf(key), { body: await openAsBlob(path), headers: hash });
      if (kept === undefined) throw new Error(`the file store could not keep ${key}`);
      await rm(path, { force: true });
    },
    async open(key) {
      const found = await ask("HEAD", pathOf(key), quickly());
      if (found === undefined) return undefined;
      return {
        size: Number(found.headers.get("content-length")),
        async *read(from, to) {
          const headers = { range: `bytes=${from}-${to}` };
          const part = await ask("GET", pathOf(key), { headers });
          if (part?.status !== 206 || part.body === null) throw new Error(`the file store lost ${key}`);
          yield* part.body;
        },
        async [Symbol.asyncDispose]() {},
      };
    },
    async remove(key) {
      await ask("DELETE", pathOf(key), quickly());
    },
    async *keptBefore(folder, at) {
      for (let after: string | undefined = ""; after !== undefined; ) {
        const query = new URLSearchParams({ "list-type": "2", prefix: `${folder}/`, "start-after": after });
        const listed: Listed[] = listedIn((await (await ask("GET", `?${query}`, quickly()))?.text()) ?? "");
        for (const { key, modifiedAt } of listed) if (modifiedAt < at) yield key;
        after = listed.at(-1)?.key;
      }
    },
  };
}

interface Listed {
  readonly key: string;
  readonly modifiedAt: number;
}

/** Keys hold nothing that XML would spell differently. */
function listedIn(xml: string): Listed[] {
  return [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, entry = ""]) => ({
    key: /<Key>(.*?)<\/Key>/s.exec(entry)?.[1] ?? "",
    modifiedAt: Date.parse(/<LastModified>(.*?)<\/LastModified>/s.exec(entry)?.[1] ?? ""),
  }));
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
