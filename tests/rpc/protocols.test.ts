import { gzipSync } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { StringValueSchema } from "@bufbuild/protobuf/wkt";
import { type Client, Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  type ConnectTransportOptions,
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  type GrpcTransportOptions,
} from "@connectrpc/connect-node";
import * as grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { selfSigned } from "../kit/certificate.ts";
import { type EchoPort, EchoService, openEcho } from "../kit/echo.ts";

const certificate = selfSigned();
let plain: EchoPort;
let secure: EchoPort;

beforeAll(async () => {
  plain = await openEcho();
  secure = await openEcho(certificate);
});
afterAll(async () => {
  await Promise.all([plain[Symbol.asyncDispose](), secure[Symbol.asyncDispose]()]);
});

type Options = ConnectTransportOptions & GrpcTransportOptions;

const protocols: Record<string, (options: Options) => Transport> = {
  Connect: (options) => createConnectTransport(options),
  gRPC: (options) => createGrpcTransport(options),
  "gRPC-Web": (options) => createGrpcWebTransport(options),
};

/** Every way to speak to the port. */
const ways = Object.keys(protocols).flatMap((protocol) =>
  (["1.1", "2"] as const).flatMap((httpVersion) =>
    (["plain", "TLS"] as const).flatMap((security) =>
      (["proto", "JSON"] as const).flatMap((form) =>
        ([undefined, "gzip"] as const).map((compression) => ({ protocol, httpVersion, security, form, compression })),
      ),
    ),
  ),
);

function clientOf(way: (typeof ways)[number]): Client<typeof EchoService> {
  const options = {
    baseUrl: (way.security === "TLS" ? secure : plain).url,
    httpVersion: way.httpVersion,
    nodeOptions: { ca: certificate.cert },
    useBinaryFormat: way.form === "proto",
    ...(way.compression === undefined ? {} : { sendCompression: compressionGzip, compressMinBytes: 0 }),
  };
  const transport = protocols[way.protocol];
  if (transport === undefined) throw new Error(`${way.protocol} is not known`);
  // The two versions of HTTP take options of different types.
  return createClient(EchoService, transport(options as Options));
}

async function* each(...values: string[]) {
  for (const value of values) yield { value };
}

async function all(stream: AsyncIterable<{ value: string }>): Promise<string[]> {
  const values: string[] = [];
  for await (const { value } of stream) values.push(value);
  return values;
}

async function errorOf(call: Promise<unknown>): Promise<ConnectError> {
  return call.then(
    () => expect.fail("the call was answered"),
    (error: unknown) => ConnectError.from(error),
  );
}

describe.each(ways)("$protocol over HTTP/$httpVersion, $security, $form, $compression", (way) => {
  test("one message each way", async () => {
    let header: Headers | undefined;
    let trailer: Headers | undefined;
    const answer = await clientOf(way).say(
      { value: "grüß dich" },
      {
        onHeader: (headers) => {
          header = headers;
        },
        onTrailer: (trailers) => {
          trailer = trailers;
        },
      },
    );
    expect(answer.value).toBe("grüß dich");
    expect(header?.get("x-echo")).toBe("header");
    expect(trailer?.get("x-echo-trailer")).toBe("trailer");
  });

  test("an answer that is large", async () => {
    expect((await clientOf(way).say({ value: "big 300000" })).value).toHaveLength(300_000);
  });

  test("a stream to the client", async () => {
    expect(await all(clientOf(way).count({ value: "5" }))).toEqual(["1", "2", "3", "4", "5"]);
  });

  test("a stream from the client", async () => {
    expect((await clientOf(way).join(each("one", "two", "three"))).value).toBe("one two three");
    expect((await clientOf(way).join(each())).value).toBe("");
  });

  test("streams both ways", async () => {
    expect(await all(clientOf(way).talk(each("one", "two")))).toEqual(["one!", "two!"]);
  });

  test("an expected failure keeps its reason, an unexpected one its secret", async () => {
    const failure = await errorOf(clientOf(way).say({ value: "fail" }));
    expect(failure).toMatchObject({ code: Code.ResourceExhausted, rawMessage: "as asked" });
    expect(failure.findDetails(ErrorInfoSchema)).toMatchObject([{ reason: "LIMIT_REACHED", domain: "veza" }]);

    const broken = await errorOf(clientOf(way).say({ value: "break" }));
    expect(broken).toMatchObject({ code: Code.Internal, rawMessage: "internal error" });
    const [info] = broken.findDetails(ErrorInfoSchema);
    const requestId = info?.metadata.request_id ?? "none was told";
    const { log } = way.security === "TLS" ? secure : plain;
    expect(log.some((line) => line.includes(requestId) && line.includes("a secret"))).toBe(true);
  });

  test("a status that a handler throws stays as it is", async () => {
    const status = await errorOf(clientOf(way).say({ value: "status" }));
    expect(status).toMatchObject({ code: Code.Aborted, rawMessage: "as it is", details: [] });
    expect(status.metadata.get("x-why")).toBe("asked");
  });

  test("a stream that fails halfway", async () => {
    const seen: string[] = [];
    const failure = await errorOf(
      (async () => {
        for await (const { value } of clientOf(way).count({ value: "fail" })) seen.push(value);
      })(),
    );
    expect(seen).toEqual(["1"]);
    expect(failure).toMatchObject({ code: Code.ResourceExhausted, rawMessage: "as asked" });
    expect(failure.findDetails(ErrorInfoSchema)).toMatchObject([{ reason: "LIMIT_REACHED" }]);
  });

  test("a message that is too large", async () => {
    const refused = await errorOf(clientOf(way).say({ value: "x".repeat(1024 * 1024 + 1) }));
    expect(refused.code).toBe(Code.ResourceExhausted);
    expect((await clientOf(way).say({ value: "still there" })).value).toBe("still there");
  });

  test.each(["say", "count"] as const)("%s ends at the caller's deadline, though its work does not", async (method) => {
    const client = clientOf(way);
    const options = { timeoutMs: 150 };
    const call =
      method === "say" ? client.say({ value: "deaf" }, options) : all(client.count({ value: "deaf" }, options));
    expect((await errorOf(call)).code).toBe(Code.DeadlineExceeded);
  });
});

describe("the server keeps the deadline by itself", () => {
  // A client that sends a deadline and does not keep it.
  const headers = { "content-type": "application/json", "connect-timeout-ms": "100" };

  test("of a unary call", async () => {
    const answer = await fetch(`${plain.url}/veza.test.EchoService/Say`, { method: "POST", headers, body: '"deaf"' });
    expect(answer.status).toBe(504);
    expect(await answer.json()).toMatchObject({ code: "deadline_exceeded" });
  });

  test("of a stream", async () => {
    const body = Buffer.concat([Buffer.from([0, 0, 0, 0, 6]), Buffer.from('"deaf"')]);
    const answer = await fetch(`${plain.url}/veza.test.EchoService/Count`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/connect+json" },
      body,
    });
    const text = await answer.text();
    expect(text).toContain('"1"');
    expect(text).toContain("deadline_exceeded");
  });
});

test("Connect's reads by GET", async () => {
  const query = new URLSearchParams({ connect: "v1", encoding: "json", message: '"hello"' });
  const answer = await fetch(`${plain.url}/veza.test.EchoService/Say?${query}`);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toBe("hello");
  // Nothing else may be read by GET.
  expect((await fetch(`${plain.url}/veza.test.EchoService/Count?${query}`)).status).toBe(405);
});

describe("what cannot be read is the fault of who sent it", () => {
  const fault = { code: "invalid_argument", message: expect.stringMatching(/^the request cannot be read: ./) };
  const at = (method: string) => `${plain.url}/veza.test.EchoService/${method}`;
  const garbage = Buffer.from([0x0a, 0xff, 0x01]);

  test.each([
    ["base64 that is none", { base64: "1", encoding: "json", message: "!!!" }],
    ["bytes that are no message", { base64: "1", encoding: "proto", message: garbage.toString("base64url") }],
    ["text that is no JSON", { encoding: "json", message: "{" }],
  ])("by GET: %s", async (_, query) => {
    const answer = await fetch(`${at("Say")}?${new URLSearchParams({ connect: "v1", ...query })}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ ...fault, message: expect.any(String) });
  });

  test("compressed, in a unary call", async () => {
    const headers = { "content-type": "application/proto", "content-encoding": "gzip" };
    const answer = await fetch(at("Say"), { method: "POST", headers, body: gzipSync(garbage) });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject(fault);
  });

  test.each(["application/connect+proto", "application/connect+json"])("in a stream of %s", async (contentType) => {
    const body = Buffer.concat([Buffer.from([0, 0, 0, 0, garbage.length]), garbage]);
    const answer = await fetch(at("Join"), { method: "POST", headers: { "content-type": contentType }, body });
    const end = JSON.parse((await answer.text()).slice(5));
    expect(end.error).toMatchObject({ ...fault, message: expect.any(String) });
  });
});

describe.each(["plain", "TLS"])("gRPC's own client for Node, %s", (security) => {
  const serialize = (value: string) => Buffer.from(toBinary(StringValueSchema, create(StringValueSchema, { value })));
  const deserialize = (bytes: Buffer) => fromBinary(StringValueSchema, bytes).value;
  const path = (method: string) => `/veza.test.EchoService/${method}`;
  let client: grpc.Client;

  beforeAll(() => {
    const [at, credentials] =
      security === "TLS"
        ? [secure, grpc.credentials.createSsl(Buffer.from(certificate.cert))]
        : [plain, grpc.credentials.createInsecure()];
    client = new grpc.Client(`${at.host}:${at.number}`, credentials);
  });
  afterAll(() => client.close());

  function say(value: string): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(path("Say"), serialize, deserialize, value, (error, answer) => {
        if (error === null) resolve(answer);
        else reject(error);
      });
    });
  }

  test("one message each way", async () => {
    expect(await say("hello")).toBe("hello");
    expect(await Promise.all(Array.from({ length: 100 }, (_, i) => say(String(i))))).toHaveLength(100);
  });

  test("a failure", async () => {
    await expect(say("fail")).rejects.toMatchObject({ code: grpc.status.RESOURCE_EXHAUSTED, details: "as asked" });
  });

  test("a stream to the client", async () => {
    const seen: string[] = [];
    for await (const value of client.makeServerStreamRequest(path("Count"), serialize, deserialize, "3")) {
      seen.push(value as string);
    }
    expect(seen).toEqual(["1", "2", "3"]);
  });

  test("a stream from the client", async () => {
    const answer = new Promise((resolve, reject) => {
      const call = client.makeClientStreamRequest(path("Join"), serialize, deserialize, (error, joined) => {
        if (error === null) resolve(joined);
        else reject(error);
      });
      call.write("one");
      call.write("two");
      call.end();
    });
    expect(await answer).toBe("one two");
  });

  test("streams both ways, taking turns", async () => {
    const call = client.makeBidiStreamRequest(path("Talk"), serialize, deserialize);
    const seen: string[] = [];
    call.write("1");
    for await (const value of call) {
      seen.push(value as string);
      if (seen.length === 3) call.end();
      else call.write(String(seen.length + 1));
    }
    expect(seen).toEqual(["1!", "2!", "3!"]);
  });
});
