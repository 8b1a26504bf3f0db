import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type DescMethod, type Message, toBinary, toJson } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AuthService } from "#gen/veza/auth/v1/auth_service_pb.ts";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { createLog } from "#src/platform/log.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { clientsOf, type Person, person } from "../kit/people.ts";
import { type Chance, chanceOf } from "../kit/random.ts";
import { randomMessage } from "../kit/random-message.ts";

/**
 * Whatever comes over the wire, the service goes on serving, and nothing that comes is an error of the service's own:
 * no answer `internal` or `unknown`, no line of level error in the log.
 */

const seeds = Number(process.env.VEZA_TEST_FUZZ_SEEDS ?? 3);
const everySeed = Array.from({ length: seeds }, (_, index) => index + 1);

const faults: string[] = [];
let app: TestApp;
let ada: Person;
/** Texts that mean something to the service. */
let known: string[];

beforeAll(async () => {
  // How calls ended is looked at on the wire.
  const write = (line: string) => void (line.includes('"msg":"rpc"') || faults.push(line));
  const log = createLog({ level: "error", format: "json", destination: { write } });
  app = await startApp({ overrides: { log } });
  ada = await person(app, "ada");
  const bob = await person(app, "bob");
  const { room } = await ada.chat.createRoom({ name: "target" });
  const { message } = await ada.chat.sendMessage({ roomId: room?.id ?? "", content: "target" });
  const { stream } = await ada.stream.createStream({ title: "target" });
  await ada.stream.startStream({ streamId: stream?.id ?? "" });
  known = [room?.id ?? "", message?.id ?? "", stream?.id ?? "", ada.id, bob.id, "ada", crypto.randomUUID()];
});
afterAll(() => app[Symbol.asyncDispose]());

async function stillServes(): Promise<void> {
  expect(faults.splice(0)).toEqual([]);
  for (const part of [app.gateway, app.chat, app.stream]) {
    const health = await fetch(`${part}/grpc.health.v1.Health/Check`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    expect(await health.json()).toEqual({ status: "SERVING" });
  }
  // A new session: what was thrown may have ended the others.
  const { tokens } = await ada.auth.login({ login: ada.username, password: ada.password });
  const { chat } = clientsOf(app.gateway, tokens?.accessToken);
  const { room } = await chat.createRoom({ name: "after" });
  const { message } = await chat.sendMessage({ roomId: room?.id ?? "", content: "still here" });
  expect(message?.content).toBe("still here");
}

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** Bytes as nobody should send them. */
function brokenBytes(random: Chance): Buffer {
  const path = random.one([
    "/",
    "/health",
    "/veza.chat.v1.ChatService/SendMessage",
    "/live/x",
    "/listen/x.mp3",
    "*",
    "%",
  ]);
  const method = random.one(["GET", "POST", "PUT", "SOURCE", "OPTIONS", "HEAD", "CONNECT", "BREW", "\u0000"]);
  const noise = random.bytes(random.below(2000));
  switch (random.below(5)) {
    case 0:
      return noise;
    case 1:
      return Buffer.concat([Buffer.from(preface), noise]);
    case 2: {
      const frames = Array.from({ length: random.below(20) }, () => brokenFrame(random));
      return Buffer.concat([Buffer.from(preface), Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]), ...frames]);
    }
    case 3:
      return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.${random.below(3)}\r\n`), noise]);
    default: {
      const headers = [
        `host: ${random.one(["veza", "", "a b", "::", "\u00ff"])}`,
        `content-type: ${random.one(["application/json", "application/grpc", "application/grpc-web+proto", "text/x", ";"])}`,
        `content-length: ${random.one(["5", "-1", "99999999999", "0x10", "5, 6"])}`,
        `transfer-encoding: ${random.one(["chunked", "gzip, chunked", "x"])}`,
        `grpc-timeout: ${random.one(["1S", "99999999999H", "-1m", "x"])}`,
        `range: bytes=${random.one(["0-", "-1", "5-1", "a-b"])}`,
      ].filter(() => random.below(2) === 0);
      return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`), noise]);
    }
  }
}

function brokenFrame(random: Chance): Buffer {
  const body = random.bytes(random.below(60));
  const head = Buffer.alloc(9);
  head.writeUIntBE(random.below(8) === 0 ? random.below(2 ** 24) : body.length, 0, 3);
  head[3] = random.below(12);
  head[4] = random.below(256);
  head.writeUInt32BE(random.one([0, 1, 3, 5, 2, 0x7fffffff]), 5);
  return Buffer.concat([head, body]);
}

/** Sends bytes to a port, and leaves, sooner or later. */
function throwAt(url: string, bytes: Buffer, stayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    const leave = setTimeout(() => socket.destroy(), stayMs);
    socket.on("error", () => undefined);
    socket.on("data", () => undefined);
    socket.on("close", () => {
      clearTimeout(leave);
      resolve();
    });
    socket.end(bytes);
  });
}

test.each(everySeed)("bytes that are no request do nothing (seed %i)", async (seed) => {
  const random = chanceOf(seed);
  for (let round = 0; round < 10; round++) {
    const throws = Array.from({ length: 30 }, () =>
      throwAt(random.one([app.gateway, app.chat, app.stream]), brokenBytes(random), random.below(150)),
    );
    await Promise.all(throws);
  }
  await stillServes();
});

const leftOut = new Set(["Logout", "DeleteAccount", "RevokeToken", "SetUserActive", "SetUserRole"]);
const methods = [AuthService, ChatService, StreamService]
  .flatMap((service) => service.methods as readonly DescMethod[])
  .filter(({ name }) => !leftOut.has(name));

const contentTypes = [
  "application/json",
  "application/proto",
  "application/connect+proto",
  "application/connect+json",
  "application/grpc",
  "application/grpc+json",
  "application/grpc-web",
  "application/grpc-web-text",
];

interface Body {
  readonly bytes: Buffer;
  /** The prefix of its frame says what is not so. gRPC and Connect want some of these answered as `internal`. */
  readonly isMisframed: boolean;
}

/** A body that is almost a request. */
function almostRequest(method: DescMethod, contentType: string, random: Chance): Body {
  const message = randomMessage(method.input, random, known);
  const json = contentType.includes("json");
  let body = json ? almostJson(jsonOf(method, message), random) : Buffer.from(toBinary(method.input, message));
  for (let flips = random.below(4) === 0 ? 1 + random.below(8) : 0; flips > 0 && body.length > 0; flips--) {
    const at = random.below(body.length);
    body[at] = (body[at] as number) ^ (1 << random.below(8));
  }
  if (random.below(10) === 0) body = body.subarray(0, random.below(body.length + 1));
  if (contentType === "application/json" || contentType === "application/proto")
    return { bytes: body, isMisframed: false };
  const prefix = Buffer.alloc(5);
  const isMisframed = random.below(8) === 0;
  if (isMisframed) prefix[0] = random.below(256);
  prefix.writeUInt32BE(isMisframed ? random.one([0, 2 ** 31, 2 ** 32 - 1, 7, body.length]) : body.length, 1);
  return { bytes: Buffer.concat([prefix, body]), isMisframed };
}

/** JSON has no words for some of what a message can hold, such as a duration of a million years. */
function jsonOf(method: DescMethod, message: Message): unknown {
  try {
    return toJson(method.input, message);
  } catch {
    return {};
  }
}

/** Parts of JSON that are not what they should be. */
const oddJson = [
  "null",
  "[]",
  "{}",
  "-0",
  "1e999",
  '"\\ud800"',
  `${"[".repeat(5000)}${"]".repeat(5000)}`,
  `${'{"a":'.repeat(3000)}1${"}".repeat(3000)}`,
  '{"__proto__":{"x":1},"constructor":1}',
  '"NaN"',
  "1.5",
];

function almostJson(value: unknown, random: Chance): Buffer {
  if (random.below(3) > 0 || typeof value !== "object" || value === null) return Buffer.from(JSON.stringify(value));
  const fields = Object.entries(value).map(([key, field]) => {
    const odd = random.below(3) === 0;
    return `${JSON.stringify(key)}:${odd ? random.one(oddJson) : JSON.stringify(field)}`;
  });
  if (random.below(2) === 0) fields.push(`"unknown":${random.one(oddJson)}`);
  return Buffer.from(random.below(10) === 0 ? random.one(oddJson) : `{${fields.join(",")}}`);
}

/** How a call ended, as the wire says. */
interface End {
  readonly status: number;
  /** gRPC's, where there is one. */
  readonly grpcStatus: string | undefined;
  readonly text: string;
}

function call(session: ClientHttp2Session, headers: Record<string, string>, body: Buffer): Promise<End> {
  return new Promise<End>((resolve) => {
    const stream = session.request({ ":method": "POST", ...headers });
    let status = 0;
    let grpcStatus: string | undefined;
    const chunks: Buffer[] = [];
    const trailers = (received: IncomingHttpHeaders) => {
      grpcStatus ??= received["grpc-status"] as string | undefined;
    };
    stream.on("response", (received) => {
      status = Number(received[":status"]);
      trailers(received);
    });
    stream.on("trailers", trailers);
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", () => undefined);
    stream.on("close", () => resolve({ status, grpcStatus, text: Buffer.concat(chunks).toString("latin1") }));
    stream.end(body);
  });
}

/** Whether an answer blames the service: `internal` or `unknown`, wherever a protocol says it. */
function isFault({ status, grpcStatus, text }: End): boolean {
  if (status === 500 || grpcStatus === "13" || grpcStatus === "2") return true;
  return /grpc-status: ?(13|2)\r/.test(text) || /"code":"(internal|unknown)"/.test(text);
}

test.each(everySeed)(
  "requests that are almost right are answered, never with a fault of ours (seed %i)",
  async (seed) => {
    const random = chanceOf(1000 + seed);
    const session = connectHttp2(app.gateway);
    session.on("error", () => undefined);
    const { tokens } = await ada.auth.login({ login: ada.username, password: ada.password });
    const seen = new Set<string>();
    for (let round = 0; round < 4; round++) {
      const calls = methods.map(async (method) => {
        const contentType = random.one(contentTypes);
        const headers = {
          ":path": `/${method.parent.typeName}/${method.name}`,
          "content-type": contentType,
          authorization: `Bearer ${tokens?.accessToken}`,
          "grpc-timeout": "500m",
          "connect-timeout-ms": "500",
        };
        const { bytes, isMisframed } = almostRequest(method, contentType, random);
        const end = await call(session, headers, bytes);
        seen.add(`${end.status} ${end.grpcStatus ?? ""}`);
        // Connect itself answers `internal` to a stream's message that cannot be read.
        if (isMisframed || method.methodKind === "client_streaming" || !isFault(end)) return;
        throw new Error(`${method.name} as ${contentType}: ${JSON.stringify(end)}\n${bytes.toString("base64")}`);
      });
      await Promise.all(calls);
    }
    session.destroy();
    expect([...seen].some((end) => end.startsWith("200"))).toBe(true);
    await pause(50);
    await stillServes();
  },
);
