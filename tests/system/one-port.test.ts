import { once } from "node:events";
import { request as requestHttp1 } from "node:http";
import { type ClientHttp2Session, type ClientHttp2Stream, connect as connectHttp2, constants } from "node:http2";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { Failure, Reason } from "#src/platform/failure.ts";
import { selfSigned } from "../kit/certificate.ts";
import { type EchoPort, openEcho } from "../kit/echo.ts";

// The same watch over time, in a time that a test can wait for.
vi.mock(import("../../src/platform/limits.ts"), async (original) => {
  const { limits } = await original();
  const quick = { sniffMs: 1500, headersMs: 1000, stalledReaderMs: 2500, stalledBodyMs: 700, lingerMs: 200 };
  return { limits: { ...limits, port: { ...limits.port, ...quick } } } as never;
});

const say = "/veza.test.EchoService/Say";
const count = "/veza.test.EchoService/Count";
const join = "/veza.test.EchoService/Join";
const mebibyte = 1024 * 1024;
const certificate = selfSigned();
let echo: EchoPort;
let secure: EchoPort;

beforeAll(async () => {
  echo = await openEcho();
  secure = await openEcho(certificate);
});
afterAll(async () => {
  await Promise.all([echo[Symbol.asyncDispose](), secure[Symbol.asyncDispose]()]);
});

// Whatever a test did to it, the port serves others, and forgets those who left.
afterEach(async () => {
  for (const port of [echo, secure]) {
    const call = await http2Call(http2(port), { ":path": say }, '"still here"');
    expect(call.body).toBe('"still here"');
  }
  closeClients();
  await vi.waitFor(
    () => {
      for (const port of [echo, secure]) {
        expect(port.port.connections).toBe(0);
        expect(port.watch.open).toBe(0);
      }
    },
    { timeout: 10_000, interval: 50 },
  );
});

const clients: (() => void)[] = [];
function closeClients(): void {
  for (const close of clients.splice(0)) close();
}

/** A bare socket, and what it was told. */
function raw(port: EchoPort, options: { tls?: boolean } = {}) {
  const socket: Socket = options.tls
    ? connectTls({ host: port.host, port: port.number, ca: certificate.cert })
    : connect(port.number, port.host);
  let received = "";
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
  });
  clients.push(() => socket.destroy());
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return {
    socket,
    closed,
    send: (text: string | Uint8Array) => void socket.write(text),
    get received() {
      return received;
    },
    async until(text: string): Promise<string> {
      await vi.waitFor(() => expect(received).toContain(text), { timeout: 10_000, interval: 10 });
      return received;
    },
  };
}

function request(lines: string[], body = ""): string {
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

const json = "content-type: application/json";
const host = "host: localhost";

function http2(port: EchoPort, options: { settings?: { initialWindowSize: number } } = {}): ClientHttp2Session {
  const session = connectHttp2(port.url, { ca: certificate.cert, ...options });
  session.on("error", () => undefined);
  clients.push(() => session.destroy());
  return session;
}

function open(session: ClientHttp2Session, headers: Record<string, string>): ClientHttp2Stream {
  const stream = session.request({ ":method": "POST", "content-type": "application/json", ...headers });
  stream.on("error", () => undefined);
  return stream;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly trailers: Record<string, string | string[] | undefined>;
  readonly body: string;
  readonly code: number | undefined;
}

function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  let headers: Answer["headers"] = {};
  let trailers: Answer["trailers"] = {};
  let body = "";
  stream.on("response", (given) => {
    headers = given as never;
  });
  stream.on("trailers", (given) => {
    trailers = given as never;
  });
  stream.on("data", (chunk: Buffer) => {
    body += chunk.toString();
  });
  return new Promise((resolve) => {
    stream.once("close", () => {
      resolve({ status: Number(headers[":status"] ?? 0), headers, trailers, body, code: stream.rstCode });
    });
  });
}

function http2Call(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body: string | Uint8Array,
): Promise<Answer> {
  const stream = open(session, headers);
  const answer = answerOf(stream);
  stream.end(body);
  return answer;
}

/** A call on a connection of its own. */
function http1Call(method: string, headers: Record<string, string>, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = requestHttp1(`${echo.url}${say}`, { method, headers, agent: false }, async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      const { statusCode: status = 0, headers: given } = response;
      resolve({ status, headers: given, trailers: response.trailers, body: text, code: undefined });
    });
    call.on("error", reject);
    call.end(body);
  });
}

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** A frame of HTTP/2 (RFC 9113 §4.1), true or not. */
function frame(type: number, flags: number, stream: number, payload: number[], length = payload.length): Buffer {
  return Buffer.from([length >> 16, length >> 8, length, type, flags, 0, 0, 0, stream, ...payload]);
}

/** The same numbers in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function framed(message: string | Uint8Array): Buffer {
  const bytes = Buffer.from(message as string);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

describe("requests that name no host", () => {
  test.each([
    ["missing", []],
    ["empty", ["host:"]],
    ["of two words", ["host: a b"]],
    ["a whole address", ["host: http://localhost/"]],
    ["an open bracket", ["host: [::1"]],
    ["with a path", ["host: localhost/../x"]],
    ["with a port that is none", ["host: localhost:99999999"]],
    ["not text", ["host: \u00ff\u00fe"]],
  ])("over HTTP/1.1: %s", async (_, lines) => {
    const client = raw(echo);
    client.socket.write(request([`POST ${say} HTTP/1.1`, ...lines, json, "content-length: 2"], '""'), "latin1");
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1\.1 400 /);
  });

  test.each([["a b"], ["http://localhost/"], ["[::1"], ["localhost/../x"]])("over HTTP/2: %s", async (authority) => {
    const session = http2(echo);
    const { status, code } = await http2Call(session, { ":path": say, ":authority": authority }, '""');
    // What is not even an authority of HTTP/2 is refused before it is a request.
    if (status !== 400) expect(code).toBe(constants.NGHTTP2_PROTOCOL_ERROR);
    // The connection is none the worse for it.
    expect((await http2Call(session, { ":path": say }, '"well"')).body).toBe('"well"');
  });

  test("over HTTP/2: missing", async () => {
    // By hand, as Node's client names the host that it is connected to when it is given none.
    const method = [0x83];
    const scheme = [0x86];
    const path = [0x04, say.length, ...Buffer.from(say)];
    const client = raw(echo);
    client.send(Buffer.concat([preface, frame(4, 0, 0, []), frame(1, 5, 1, [...method, ...scheme, ...path])]));
    await client.until(frame(3, 0, 1, [0, 0, 0, constants.NGHTTP2_PROTOCOL_ERROR]).toString("latin1"));
  });
});

describe("connections that do not get on with it", () => {
  test("one that says nothing is closed", async () => {
    await raw(echo).closed;
  });

  test("one that says nothing is closed before it has spoken TLS", async () => {
    await raw(secure).closed;
  });

  test("one that cannot decide between two versions is closed", async () => {
    const client = raw(echo);
    client.send("PRI * HT");
    await client.closed;
    expect(client.received).toBe("");
  });

  test.each([false, true])("headers that drip are not waited for (TLS: %s)", async (tls) => {
    const client = raw(tls ? secure : echo, { tls });
    client.send(`POST ${say} HTTP/1.1\r\nhost: localhost\r\n`);
    const drip = setInterval(() => client.send("x-drip: 1\r\n"), 100);
    onTestFinished(() => clearInterval(drip));
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1\.1 408 /);
  });

  test.each([
    ["nothing", ""],
    ["half a request", `POST ${say} HTTP/1.1\r\nhost: loc`],
    ["a request without its body", request([`POST ${say} HTTP/1.1`, host, json, "content-length: 9"], '"')],
    ["the beginning of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ])("a client that sends %s, and no more, is let go", async (_, text) => {
    const client = raw(echo);
    client.socket.end(text);
    await client.closed;
  });

  test("a body that stops halfway is answered and given up over HTTP/1.1", async () => {
    const client = raw(echo);
    client.send(request([`POST ${say} HTTP/1.1`, host, json, "content-length: 100000"], '"half'));
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1\.1 504 /);
    expect(client.received).toContain("deadline_exceeded");
  });

  test("so is one that drips", async () => {
    const client = raw(echo);
    client.send(request([`POST ${say} HTTP/1.1`, host, json, "content-length: 100000"], '"'));
    const drip = setInterval(() => client.send("x"), 50);
    onTestFinished(() => clearInterval(drip));
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1\.1 504 /);
  });

  test.each([{ "content-type": "application/json" }, { "content-type": "application/json; charset=UTF-8" }])(
    "a body that stops halfway over HTTP/2 costs the call, not the connection: %o",
    async (headers) => {
      const session = http2(echo);
      const stream = open(session, { ":path": say, ...headers });
      const answer = answerOf(stream);
      stream.write('"half');
      expect(await answer).toMatchObject({ status: 504, body: expect.stringContaining("deadline_exceeded") });
      expect((await http2Call(session, { ":path": say }, '"well"')).body).toBe('"well"');
    },
  );
});

describe("requests that are too large", () => {
  test("headers over HTTP/1.1", async () => {
    const client = raw(echo);
    client.send(request([`POST ${say} HTTP/1.1`, host, `x-large: ${"x".repeat(64 * 1024)}`]));
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1\.1 431 /);
  });

  test("headers over HTTP/2", async () => {
    const session = http2(echo);
    await once(session, "remoteSettings");
    const answer = await http2Call(session, { ":path": say, "x-large": "x".repeat(40 * 1024) }, '"no"');
    expect(answer.status).not.toBe(200);
  });

  test("a message announced as such is refused before it is sent, over HTTP/1.1", async () => {
    const client = raw(echo);
    client.send(request([`POST ${say} HTTP/1.1`, host, json, `content-length: ${2 * mebibyte}`]));
    await client.until("resource_exhausted");
    expect(client.received).toMatch(/^HTTP\/1\.1 429 /);
    expect(client.received).toMatch(/\r\nconnection: close\r\n/i);
    await client.closed;
  });

  test("a client that sends it all the same can read the answer", async () => {
    const client = raw(echo);
    client.send(request([`POST ${say} HTTP/1.1`, host, json, `content-length: ${8 * mebibyte}`]));
    for (let i = 0; i < 8; i += 1) client.send(Buffer.alloc(mebibyte, "x"));
    await client.closed;
    expect(client.received).toContain("resource_exhausted");
  });

  test("a message of unknown length is refused on the way, over HTTP/1.1", async () => {
    const client = raw(echo);
    client.send(request([`POST ${say} HTTP/1.1`, host, json, "transfer-encoding: chunked"]));
    const piece = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    for (let i = 0; i < 40; i += 1) client.send(piece);
    await client.closed;
    expect(client.received).toMatch(/^HTTP\/1\.1 429 /);
    expect(client.received).toContain("resource_exhausted");
  });

  test.each([
    ["Connect, announced", "application/json", String(2 * mebibyte)],
    ["Connect", "application/json", undefined],
    ["Connect, by the other path", "application/json; charset=UTF-8", undefined],
    ["gRPC", "application/grpc", undefined],
    ["gRPC-Web", "application/grpc-web+proto", undefined],
  ])("over HTTP/2 it costs the call, not the connection: %s", async (_, type, length) => {
    const session = http2(echo);
    const stream = open(session, {
      ":path": say,
      "content-type": type,
      ...(length === undefined ? {} : { "content-length": length }),
    });
    const answer = answerOf(stream);
    for (let i = 0; i < 32 && !stream.destroyed; i += 1) stream.write(Buffer.alloc(64 * 1024, 1));
    const { headers, trailers, body, code } = await answer;
    const status = headers["grpc-status"] ?? trailers["grpc-status"];
    expect(status ?? body).toMatch(/^8$|resource_exhausted|grpc-status: 8/);
    expect(code).toBe(constants.NGHTTP2_NO_ERROR);
    expect((await http2Call(session, { ":path": say }, '"well"')).body).toBe('"well"');
  });

  test("a frame that only claims to be", async () => {
    const lie = Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]);
    const session = http2(echo);
    const answer = await http2Call(session, { ":path": say, "content-type": "application/grpc" }, lie);
    expect(answer.headers["grpc-status"]).toBe("8");
  });

  test("a message that is small but for its compression", async () => {
    const { gzipSync } = await import("node:zlib");
    const bomb = gzipSync(Buffer.concat([Buffer.from('"'), Buffer.alloc(200 * mebibyte, "x"), Buffer.from('"')]));
    const answer = await http2Call(http2(echo), { ":path": say, "content-encoding": "gzip" }, bomb);
    expect(answer).toMatchObject({ status: 429, body: expect.stringContaining("resource_exhausted") });
  });
});

describe("what is not a call", () => {
  test("over HTTP/1.1, on one connection that lasts", async () => {
    const client = raw(echo);
    const send = (path: string, type: string) =>
      client.send(request([`POST ${path} HTTP/1.1`, host, `content-type: ${type}`, "content-length: 2"], '""'));
    send(say, "text/plain");
    await client.until("HTTP/1.1 415 ");
    send("/nowhere", "application/json");
    await client.until("HTTP/1.1 404 ");
    send("/veza.test.EchoService/Nothing", "application/json");
    await vi.waitFor(() => expect(client.received.match(/HTTP\/1\.1 404 /g)).toHaveLength(2));
    client.send(request([`PUT ${say} HTTP/1.1`, host, json, "content-length: 2"], '""'));
    await client.until("HTTP/1.1 405 ");
    send(say, "application/json");
    await client.until("HTTP/1.1 200 ");
  });

  test("over HTTP/2", async () => {
    const session = http2(echo);
    const call = (headers: Record<string, string>) => http2Call(session, headers, '""');
    expect((await call({ ":path": say, "content-type": "text/plain" })).status).toBe(415);
    expect((await call({ ":path": "/nowhere" })).status).toBe(404);
    expect((await call({ ":path": say, ":method": "PUT" })).status).toBe(405);
    expect((await call({ ":path": `${say}?and=more` })).status).toBe(200);
  });

  test.each([
    ["no message", Buffer.alloc(0), "12"],
    ["two messages", Buffer.concat([framed(""), framed("")]), "12"],
    ["half a prefix", Buffer.from([0, 0]), "3"],
    ["half a message", framed("abc").subarray(0, 6), "3"],
    ["a message that is none", framed(Buffer.from([0xff, 0xff, 0xff])), "3"],
    ["one that claims to be compressed", Buffer.from([1, 0, 0, 0, 0]), "13"],
  ])("gRPC with %s", async (_, body, status) => {
    const answer = await http2Call(http2(echo), { ":path": say, "content-type": "application/grpc" }, body);
    expect(answer.headers["grpc-status"]).toBe(status);
  });
});

test("garbage is answered with no more than an error", async () => {
  const random = seeded(20261122);
  const beginnings = [
    "",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
    `POST ${say} HTTP/1.1\r\nhost: x\r\n`,
    `POST ${say} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`,
    "GET / HTTP/9.9\r\n",
    "\u0016\u0003\u0001",
  ];
  for (let round = 0; round < 10; round += 1) {
    const open = Array.from({ length: 50 }, (_, i) => {
      const client = raw(i % 5 === 0 ? secure : echo);
      const noise = Buffer.from(Array.from({ length: Math.floor(random() * 400) }, () => Math.floor(random() * 256)));
      client.socket.write(beginnings[Math.floor(random() * beginnings.length)] ?? "", "latin1");
      client.socket.end(noise);
      return client.closed;
    });
    await Promise.all(open);
  }
});

describe("broken frames of HTTP/2", () => {
  test.each([
    ["longer than allowed", frame(0, 0, 1, [], 0xffffff)],
    ["data of no stream", frame(0, 0, 0, [1, 2, 3])],
    ["data of a stream that is not open", frame(0, 0, 5, [1, 2, 3])],
    ["headers that cannot be unpacked", frame(1, 4, 1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
    ["headers of an even stream", frame(1, 4, 2, [0x82])],
    ["a continuation of nothing", frame(9, 4, 1, [0x82])],
    ["a window of nothing", frame(8, 0, 0, [0, 0, 0, 0])],
    ["settings of odd length", frame(4, 0, 0, [1, 2, 3])],
    ["a ping that is too short", frame(6, 0, 0, [1])],
  ])("%s", async (_, broken) => {
    const client = raw(echo);
    client.send(Buffer.concat([preface, frame(4, 0, 0, []), broken]));
    await vi.waitFor(() => expect(client.received.length).toBeGreaterThan(9));
    client.socket.end();
    await client.closed;
  });
});

describe("clients that do not read", () => {
  test("a thousand stalled streams cost a bounded amount, and nobody else's time", async () => {
    const before = echo.watch.begun;
    const streams: ClientHttp2Stream[] = [];
    const body = framed('"forever"');
    for (let i = 0; i < 4; i += 1) {
      const session = http2(echo);
      for (let j = 0; j < 250; j += 1) {
        const stream = open(session, { ":path": count, "content-type": "application/connect+json" });
        stream.end(body);
        streams.push(stream);
      }
    }
    await vi.waitFor(() => expect(echo.watch.begun - before).toBe(1000), { timeout: 20_000 });
    // Others are served meanwhile.
    for (let i = 0; i < 20; i += 1) {
      expect((await http2Call(http2(echo), { ":path": say }, '"me too"')).body).toBe('"me too"');
    }
    await pause(300);
    // 16 KiB each: what a window and a buffer hold.
    expect(echo.watch.made).toBeLessThan(1000 * 16);
    // And they are not waited for without end.
    await vi.waitFor(() => expect(echo.watch.open).toBe(0), { timeout: 20_000 });
    for (const stream of streams) stream.destroy();
  });

  test("a stream over HTTP/1.1 that is not read ends with its connection", async () => {
    const made = echo.watch.made;
    const client = raw(echo);
    client.socket.pause();
    const body = framed('"forever"').toString("latin1");
    client.send(
      request([`POST ${count} HTTP/1.1`, host, "content-type: application/connect+json", "content-length: 14"], body),
    );
    await vi.waitFor(() => expect(echo.watch.open).toBe(1));
    await vi.waitFor(() => expect(echo.watch.open).toBe(0), { timeout: 20_000 });
    // The kernel's buffers take some megabytes by themselves.
    expect((echo.watch.made - made) * 16 * 1024).toBeLessThan(64 * mebibyte);
  });

  test.each([false, true])("requests behind answers that are not read yet are not lost (TLS: %s)", async (tls) => {
    const client = raw(tls ? secure : echo, { tls });
    await once(client.socket, tls ? "secureConnect" : "connect");
    client.socket.pause();
    // Head and body apart: two records of TLS, that the server reads at once.
    for (let i = 0; i < 12; i += 1) {
      client.send(request([`POST ${say} HTTP/1.1`, host, json, "content-length: 13"]));
      client.send('"big 1000000"');
      await pause(20);
    }
    client.socket.resume();
    await vi.waitFor(() => expect(client.received.match(/HTTP\/1\.1 200 /g)).toHaveLength(12), { timeout: 10_000 });
    expect(client.received).not.toContain("HTTP/1.1 400");
  });

  test("a large answer that is not read is dropped", async () => {
    const session = http2(echo);
    const stream = open(session, { ":path": say });
    stream.end('"big 1000000"');
    await new Promise((resolve) => stream.once("close", resolve));
    expect(stream.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
    expect((await http2Call(session, { ":path": say }, '"well"')).body).toBe('"well"');
  });
});

describe("clients that leave", () => {
  test("uploads that are broken off", async () => {
    const partial = request([`POST ${say} HTTP/1.1`, host, json, "content-length: 1000"], '"half');
    const streaming = ["content-type: application/connect+json", "transfer-encoding: chunked"];
    const upload = request([`POST ${join} HTTP/1.1`, host, ...streaming], '7\r\n\u0000\u0000\u0000\u0000\u0002""\r\n');
    for (let i = 0; i < 50; i += 1) {
      const client = raw(echo);
      client.send(i % 2 === 0 ? partial : upload);
      setTimeout(() => client.socket.destroy(), i * 4);
    }
    const session = http2(echo);
    for (let i = 0; i < 50; i += 1) {
      const whole = i % 2 === 0;
      const type = whole ? "application/grpc" : "application/connect+json";
      const stream = open(session, { ":path": whole ? say : join, "content-type": type });
      stream.write(framed('""').subarray(0, whole ? 3 : 7));
      setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), i * 4);
    }
    await vi.waitFor(() => expect(echo.watch.open).toBeGreaterThan(0), { interval: 5 });
    await vi.waitFor(() => expect(echo.watch.open).toBe(0), { timeout: 10_000 });
  });

  test("calls that nobody waits for any more are told", async () => {
    const session = http2(echo);
    const stream = open(session, { ":path": count, "content-type": "application/connect+json" });
    stream.end(framed('"hear"'));
    await once(stream, "data");
    expect(echo.watch.open).toBe(1);
    session.destroy();
    await vi.waitFor(() => expect(echo.watch.open).toBe(0));
    await vi.waitFor(() => expect(echo.log.at(-1)).toContain("Canceled"));
  });

  test("rapid resets", async () => {
    const session = http2(echo);
    await once(session, "connect");
    for (let round = 0; round < 50 && !session.destroyed; round += 1) {
      for (let i = 0; i < 100 && !session.destroyed && !session.closed; i += 1) {
        const stream = open(session, { ":path": count, "content-type": "application/connect+json" });
        stream.end(framed('"hear"'));
        stream.close(constants.NGHTTP2_CANCEL);
      }
      await pause(1);
    }
    await vi.waitFor(() => expect(echo.watch.open).toBe(0), { timeout: 10_000 });
  });

  test("an answer that HTTP does not allow costs its caller the call, and is logged", async () => {
    const session = http2(echo);
    const answer = await http2Call(session, { ":path": say }, '"bad header"');
    expect(answer).toMatchObject({ status: 0, code: constants.NGHTTP2_INTERNAL_ERROR });
    expect(echo.log.some((line) => line.includes("an rpc broke off"))).toBe(true);
    expect((await http2Call(session, { ":path": say }, '"well"')).body).toBe('"well"');
  });
});

describe("pages of other origins", () => {
  const origin = "https://elsewhere.example";

  test("ask first", async () => {
    const { status, headers } = await http1Call("OPTIONS", { origin, "access-control-request-method": "POST" }, "");
    expect(status).toBe(204);
    expect(headers["access-control-allow-origin"]).toBe("*");
    expect(headers["access-control-allow-methods"]).toContain("POST");
    const allowed = String(headers["access-control-allow-headers"]).toLowerCase();
    for (const header of ["authorization", "content-type", "connect-protocol-version", "x-grpc-web"]) {
      expect(allowed).toContain(header);
    }
  });

  test.each(["application/json", "application/json; charset=UTF-8"])("may read the answer to %s", async (type) => {
    const answer = await http1Call("POST", { origin, "content-type": type }, '"hello"');
    expect(answer).toMatchObject({ status: 200, body: '"hello"' });
    expect(answer.headers["access-control-allow-origin"]).toBe("*");
    expect(String(answer.headers["access-control-expose-headers"]).toLowerCase()).toContain("grpc-status");
    // Errors as well.
    const failed = await http1Call("POST", { origin, "content-type": type }, '"fail"');
    expect(failed).toMatchObject({ status: 429, headers: { "access-control-allow-origin": "*" } });
    // Nobody else is told.
    const other = await http1Call("POST", { "content-type": type }, '"hello"');
    expect(other.headers).not.toHaveProperty("access-control-allow-origin");
  });
});

describe.each(["plain", "TLS"])("a port that closes, %s", (security) => {
  const openPort = () => openEcho(security === "TLS" ? certificate : undefined);

  test("finishes what was begun, and tells the others to go", async () => {
    const port = await openPort();
    const session = http2(port);
    const goaway = once(session, "goaway");
    const begun = http2Call(session, { ":path": say }, '"wait 500"');
    const busy = raw(port, { tls: security === "TLS" });
    busy.send(request([`POST ${say} HTTP/1.1`, host, json, "content-length: 10"], '"wait 500"'));
    const idle = raw(port, { tls: security === "TLS" });
    idle.send(request([`POST ${say} HTTP/1.1`, host, json, "content-length: 2"], '""'));
    await idle.until("HTTP/1.1 200");
    await vi.waitFor(() => expect(port.watch.open).toBe(2));

    const closed = port.port.close(8000);
    await goaway;
    await idle.closed;
    expect((await begun).body).toBe('"wait 500"');
    await busy.closed;
    expect(busy.received).toContain('"wait 500"');
    await closed;
    const late = raw(port);
    await late.closed;
    expect(late.received).toBe("");
  });

  test("does not wait for those who do not go", async () => {
    const port = await openPort();
    const stream = open(http2(port), { ":path": count, "content-type": "application/connect+json" });
    stream.end(framed('"hear"'));
    await once(stream, "data");
    const silent = raw(port, { tls: security === "TLS" });
    silent.send(`POST ${say} HTTP/1.1\r\nhost:`);
    await port.port.close(300);
    await silent.closed;
  });

  test("tells streams why, so that they come back", async () => {
    const port = await openPort();
    const hear = (type: string) => {
      const stream = open(http2(port), { ":path": count, "content-type": type });
      const answer = answerOf(stream);
      stream.end(framed('"hear"'));
      return answer;
    };
    const answers = ["application/connect+json", "application/connect+json; charset=utf-8"].map(hear);
    await vi.waitFor(() => expect(port.watch.open).toBe(2));
    port.stop(new Failure(Reason.UNAVAILABLE, { retryAfterMs: 1000 }));
    const closed = port.port.close(8000);
    for (const { body } of await Promise.all(answers)) {
      expect(body).toContain('"code":"unavailable"');
      expect(body).toContain("google.rpc.RetryInfo");
    }
    await closed;
  });
});
