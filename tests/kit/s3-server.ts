import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** A bucket in memory that checks every signature (AWS Signature Version 4) and every byte of what it signs. */
export interface S3Server extends AsyncDisposable {
  /** As `VEZA_FILES_URL` has it. */
  readonly url: string;
  readonly objects: ReadonlyMap<string, Buffer>;
  /** Answers this many requests with 503, as stores do now and then. */
  failNext(requests: number): void;
}

const keyId = "AKIDEXAMPLE";
const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/** So many names a page: small, so that tests see several pages. */
const namesAPage = 2;

export async function startS3Server(): Promise<S3Server> {
  const objects = new Map<string, Buffer>();
  const keptAt = new Map<string, Date>();
  let failing = 0;
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const answer = (status: number, content: Buffer | string = "", headers = {}) =>
        response.writeHead(status, { "content-length": Buffer.byteLength(content), ...headers }).end(content);
      const fault = signatureFault(request, body);
      if (fault !== undefined) return answer(403, `<Error><Code>SignatureDoesNotMatch</Code>${fault}</Error>`);
      if (failing > 0) {
        failing -= 1;
        return answer(503, "<Error><Code>SlowDown</Code></Error>");
      }
      const url = new URL(request.url ?? "", "http://s3");
      const key = url.pathname.slice("/bucket/".length);
      const found = objects.get(key);
      switch (request.method) {
        case "PUT":
          objects.set(key, body);
          keptAt.set(key, new Date());
          return answer(200);
        case "DELETE":
          objects.delete(key);
          return answer(204);
        case "HEAD":
          if (found === undefined) return answer(404);
          return response.writeHead(200, { "content-length": found.length }).end();
        default: {
          if (url.searchParams.get("list-type") === "2") return answer(200, listing(url.searchParams));
          if (found === undefined) return answer(404, "<Error><Code>NoSuchKey</Code></Error>");
          const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
          if (range === null) return answer(200, found);
          return answer(206, found.subarray(Number(range[1]), Number(range[2]) + 1));
        }
      }
    });
  });

  function listing(query: URLSearchParams): string {
    const after = query.get("start-after") ?? "";
    const keys = [...objects.keys()].sort().filter((key) => key.startsWith(query.get("prefix") ?? "") && key > after);
    const entries = keys.slice(0, namesAPage).map((key) => {
      return `<Contents><Key>${key}</Key><LastModified>${keptAt.get(key)?.toISOString()}</LastModified></Contents>`;
    });
    return `<?xml version="1.0"?><ListBucketResult>${entries.join("")}</ListBucketResult>`;
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `s3://${keyId}:${encodeURIComponent(secret)}@127.0.0.1:${port}/bucket?region=eu-test-1&tls=off`,
    objects,
    failNext: (requests) => {
      failing = requests;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return Buffer.concat((await request.toArray()) as Buffer[]);
}

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
const sha256 = (bytes: Buffer | string) => createHash("sha256").update(bytes).digest("hex");

/** What is wrong with how a request is signed, as the signature's specification has it; undefined when nothing is. */
function signatureFault(request: IncomingMessage, body: Buffer): string | undefined {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)$/;
  const [, id, day = "", region = "", names = "", signature] = pattern.exec(request.headers.authorization ?? "") ?? [];
  if (id !== keyId) return "no such key";
  const header = (name: string) => String(request.headers[name] ?? "");
  const promised = header("x-amz-content-sha256");
  if (request.method === "PUT" && promised !== sha256(body)) return "the body is not what was signed";
  const url = new URL(request.url ?? "", "http://s3");
  const query = [...url.searchParams].map((pair) => pair.map(encodeURIComponent).join("=")).sort();
  const canonical = [
    request.method,
    url.pathname,
    query.join("&"),
    ...names.split(";").map((name) => `${name}:${header(name)}`),
    "",
    names,
    promised,
  ].join("\n");
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", header("x-amz-date"), scope, sha256(canonical)].join("\n");
  const key = ["s3", "aws4_request"].reduce(
    (before, part) => hmac(before, part),
    hmac(hmac(`AWS4${secret}`, day), region),
  );
  return hmac(key, text).toString("hex") === signature ? undefined : "the signature is wrong";
}
