import { existsSync } from "node:fs";
import { request as http1Request } from "node:http";
import { connect as http2Connect, type IncomingHttpHeaders, type IncomingHttpStatusHeader } from "node:http2";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startApp, type TestApp } from "../kit/app.ts";
import { person } from "../kit/people.ts";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Asked {
  readonly method?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Record<string, string>;
  /** Leaves the request open after its body. */
  readonly unfinished?: boolean;
}

type Ask = (base: string, path: string, asked?: Asked) => Promise<Answer>;

/** Over HTTP/1.1. The path goes to the wire as it is written. */
const overHttp1: Ask = (base, path, { method = "GET", body, headers = {}, unfinished = false } = {}) =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const request = http1Request({ hostname, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        });
        request.destroy();
      });
    });
    request.on("error", reject);
    if (body !== undefined) request.write(body);
    if (!unfinished) request.end();
    else request.flushHeaders();
  });

/** Over HTTP/2 with prior knowledge. */
const overHttp2: Ask = (base, path, { method = "GET", body, headers = {}, unfinished = false } = {}) =>
  new Promise((resolve, reject) => {
    const session = http2Connect(base);
    session.on("error", reject);
    const stream = session.request({ ":method": method, ":path": path, ...headers }, { endStream: false });
    const chunks: Buffer[] = [];
    let received: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
    stream.on("response", (each) => {
      received = each;
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("end", () => {
      const { ":status": status = 0, ...rest } = received;
      resolve({ status, headers: rest, body: Buffer.concat(chunks).toString() });
      session.destroy();
    });
    if (body !== undefined) stream.write(body);
    if (!unfinished) stream.end();
  });

const versions: readonly (readonly [string, Ask])[] = [
  ["HTTP/1.1", overHttp1],
  ["HTTP/2", overHttp2],
];

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
});

describe.each(versions)("over %s", (_name, ask) => {
  const post = (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
    ask(app.gateway, path, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });

  test("/health says how every part is", async () => {
    const { status, headers, body } = await ask(app.gateway, "/health");
    expect(status).toBe(200);
    expect(headers["content-type"]).toMatch(/^application\/json/);
    const part = { status: "ok", latency_ms: expect.any(Number) };
    const { bus, ...rest } = JSON.parse(body) as { bus?: unknown };
    expect(bus).toEqual(process.env.VEZA_TEST_BUS === "nats" ? part : undefined);
    expect(rest).toEqual({
      status: "ok",
      services: { auth: part, chat: part, stream: part },
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      uptime: expect.any(Number),
    });
  });

  test("/health/live and /health/ready", async () => {
    for (const path of ["/health/live", "/health/ready"]) {
      const { status, body } = await ask(app.gateway, path);
      expect({ status, body: JSON.parse(body) }).toEqual({ status: 200, body: { status: "ok" } });
    }
  });

  test("/.well-known/jwks.json holds public keys and nothing more", async () => {
    const { status, headers, body } = await ask(app.gateway, "/.well-known/jwks.json");
    expect(status).toBe(200);
    expect(headers["content-type"]).toMatch(/json/);
    const { keys } = JSON.parse(body) as { keys: object[] };
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) {
      expect(key).toMatchObject({ kty: "OKP", crv: "Ed25519", kid: expect.any(String), x: expect.any(String) });
      // The private half (RFC 8037 §2).
      expect(key).not.toHaveProperty("d");
    }
  });

  test("POST /test/chat makes a room, sends a message, reads it back, and says how long each step took", async () => {
    const { status, body } = await post("/test/chat", JSON.stringify({ name: "Test Room ☕" }));
    expect(status).toBe(200);
    const answer = JSON.parse(body);
    expect(answer.room).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), name: "Test Room ☕" });
    expect(answer.message).toMatchObject({ roomId: answer.room.id, content: expect.any(String) });
    const step = (name: string) => ({ step: name, ms: expect.any(Number) });
    expect(answer.steps).toEqual([step("CreateRoom"), step("SendMessage"), step("GetMessageHistory")]);
  });

  test("what /test/chat makes is not listed to others", async () => {
    const alice = await person(app, `alice${_name.replace(/\W/g, "")}`);
    const { body } = await post("/test/chat", JSON.stringify({ name: "not yours" }));
    const { rooms } = await alice.chat.listRooms({});
    expect(rooms.map(({ id }) => id)).not.toContain(JSON.parse(body).room.id);
  });

  test("POST /test/stream broadcasts sound, hears it back, and says how long each step took", async () => {
    const { status, body } = await post("/test/stream", JSON.stringify({ title: "Test Stream ☕" }));
    expect([status, body]).toEqual([200, expect.any(String)]);
    const { stream, heard, steps } = JSON.parse(body);
    expect(stream).toMatchObject({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), title: "Test Stream ☕" });
    expect(heard.packets).toBeGreaterThan(0);
    expect(heard.ms).toBe(heard.packets * 20);
    // A tone takes room; silence takes three bytes a packet.
    expect(heard.bytes).toBeGreaterThan(heard.packets * 50);
    const names = [
      "CreateStream",
      "StartStream",
      "Listen",
      "PublishChunk",
      "first packets",
      "StopStream",
      "DeleteStream",
    ];
    expect(steps).toEqual(names.map((step) => ({ step, ms: expect.any(Number) })));
    const alice = await person(app, `listener${_name.replace(/\W/g, "")}`);
    await expect(alice.stream.getStreamInfo({ streamId: stream.id })).rejects.toThrow(/not_found/);
  });

  test.each([
    ["nothing", ""],
    ["no title", '{"name": "x"}'],
    ["a title that is too long for the service", JSON.stringify({ title: "x".repeat(201) })],
  ])("POST /test/stream with %s is told what is wrong", async (_what, sent) => {
    const { status, body } = await post("/test/stream", sent);
    expect([status, JSON.parse(body).error]).toEqual([400, expect.any(String)]);
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "name=Test"],
    ["half of JSON", '{"name": "Te'],
    ["JSON that is no object", "null"],
    ["a list", '["name"]'],
    ["no name", "{}"],
    ["an empty name", '{"name": ""}'],
    ["a name that is no string", '{"name": 7}'],
    ["a name that is too long for the service", JSON.stringify({ name: "x".repeat(101) })],
    ["a body that is too large", JSON.stringify({ name: "x", more: "y".repeat(1024 * 1024) })],
    ["bytes that are no UTF-8", Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d)],
  ])("POST /test/chat with %s is told what is wrong", async (_what, sent) => {
    const { status, headers, body } = await post("/test/chat", sent);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(headers["content-type"]).toMatch(/^application\/json/);
    expect(JSON.parse(body).error).toEqual(expect.any(String));
  });

  test("a body that is too large is refused before it is all there", async () => {
    const body = Buffer.alloc(1024 * 1024, "x");
    const asked = { method: "POST", body, headers: { "content-type": "application/json" }, unfinished: true };
    const { status } = await ask(app.gateway, "/test/chat", asked);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });

  test("what is not there answers 404 in JSON", async () => {
    const missing = ["/nothing", "/health/nothing", "/assets/nothing.js", "/test/nothing", "/%", "/.well-known/", "//"];
    for (const path of missing) {
      const { status, headers, body } = await ask(app.gateway, path);
      expect([path, status]).toEqual([path, 404]);
      expect(headers["content-type"]).toMatch(/^application\/json/);
      expect(JSON.parse(body).error).toEqual(expect.any(String));
    }
    expect((await ask(app.gateway, "/test/chat")).status).toBe(404);
    expect((await ask(app.gateway, "/test/stream")).status).toBe(404);
  });

  test("files beside the console's are not served", async () => {
    const secrets = ["package.json", "src/main.ts", "index.html"];
    for (const secret of secrets) {
      for (const up of ["..", "%2e%2e", "..%2f..", "..%5c..", "%252e%252e", "./.."]) {
        for (const path of [
          `/assets/${up}/${up}/${secret}`,
          `/assets/${up}/${up}/${up}/${secret}`,
          `/${up}/${secret}`,
        ]) {
          const { status, body } = await ask(app.gateway, path);
          expect([path, status]).not.toEqual([path, 200]);
          expect(body).not.toContain('"private"');
        }
      }
    }
  });
});

test("a token is verified by the published keys alone, as any other service would", async () => {
  const alice = await person(app, "alice");
  const keys = createRemoteJWKSet(new URL(`${app.gateway}/.well-known/jwks.json`));
  const { payload, protectedHeader } = await jwtVerify(alice.accessToken, keys, { algorithms: ["EdDSA"] });
  expect(payload).toMatchObject({
    sub: alice.id,
    username: "alice",
    role: expect.any(String),
    sid: expect.any(String),
  });
  expect(payload.aud).toBeDefined();
  expect(protectedHeader.kid).toEqual(expect.any(String));
  expect(Number(payload.exp) - Number(payload.iat)).toBe(600);

  const [head, , signature] = alice.accessToken.split(".");
  const forged = Buffer.from(JSON.stringify({ ...payload, role: "admin", sub: "1" })).toString("base64url");
  await expect(jwtVerify(`${head}.${forged}.${signature}`, keys)).rejects.toThrow();
});

test("in production there are no test endpoints, and everything else is", async () => {
  await using production = await startApp({ env: { VEZA_ENV: "production" } });
  for (const path of ["/test/chat", "/test/stream"]) {
    const asked = {
      method: "POST",
      body: '{"name": "x", "title": "x"}',
      headers: { "content-type": "application/json" },
    };
    for (const [, ask] of versions) expect((await ask(production.gateway, path, asked)).status).toBe(404);
  }
  expect((await overHttp1(production.gateway, "/health")).status).toBe(200);
});

test("the ports of the services have no pages", async () => {
  for (const base of [app.chat, app.stream]) {
    for (const [, ask] of versions) {
      expect((await ask(base, "/")).status).toBe(404);
      expect((await ask(base, "/health")).status).toBe(404);
      expect((await ask(base, "/test/chat", { method: "POST", body: '{"name": "x"}' })).status).toBe(404);
    }
  }
});

test("requests without a sound Host are refused, and the process lives on", async () => {
  for (const host of ["a b", "[", "::1", "user@host", "host:port", "host:123456"]) {
    const { status } = await overHttp1(app.gateway, "/health", { headers: { host } });
    expect([host, status]).toEqual([host, 400]);
  }
  expect((await overHttp1(app.gateway, "/health")).status).toBe(200);
});

const built = existsSync(new URL("../../web/dist/index.html", import.meta.url));
describe.skipIf(!built)(`the console${built ? "" : ": left out, as web/dist is not built"}`, () => {
  test.each(versions)(
    "is one page, whose policy allows no inline script and that has none, over %s",
    async (_name, ask) => {
      const { status, headers, body } = await ask(app.gateway, "/");
      expect(status).toBe(200);
      expect(headers["content-type"]).toMatch(/^text\/html/);
      // The page names the files of one build: kept for long, it would ask for files that are gone.
      expect(headers["cache-control"]).toBe("no-cache");
      const policy = String(headers["content-security-policy"]);
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("object-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      for (const [, attributes = "", code = ""] of body.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/g)) {
        expect(attributes).toMatch(/\ssrc="\//);
        expect(code.trim()).toBe("");
      }
      expect(body).not.toMatch(/\son[a-z]+\s*=|style="|<style|javascript:/i);
    },
  );

  test("has addresses of its own, and what it loads is there and may be kept", async () => {
    const { body } = await overHttp1(app.gateway, "/");
    for (const path of ["/rooms/01890000-0000-7000-8000-000000000000", "/dm/7", "/account"]) {
      expect(await overHttp1(app.gateway, path)).toMatchObject({ status: 200, body });
    }
    const loaded = [...body.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = ""]) => path);
    expect(loaded.length).toBeGreaterThan(0);
    for (const path of loaded) {
      const { status, headers } = await overHttp1(app.gateway, path);
      expect([path, status]).toEqual([path, 200]);
      if (path.startsWith("/assets/")) expect(String(headers["cache-control"])).toContain("immutable");
      expect(headers["x-content-type-options"]).toBe("nosniff");
    }
  });
});
