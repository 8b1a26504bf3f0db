import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { Agent, get } from "node:http";
import { connect as http2Connect } from "node:http2";
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CloseReason } from "#gen/veza/chat/v1/chat_event_pb.ts";
import {
  SubscribeToChatEventsRequestSchema,
  type SubscribeToChatEventsResponse,
} from "#gen/veza/chat/v1/chat_service_pb.ts";
import { failureOf, outcome } from "../kit/failures.ts";
import { startNats, withoutNats } from "../kit/nats.ts";
import { clientsOf, type Person, password, person } from "../kit/people.ts";

const main = new URL("../../src/main.ts", import.meta.url).pathname;

/** Veza as an operator runs it, with everything that it wrote. */
interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Addresses {
  readonly gateway: string;
  readonly chat: string;
  readonly stream: string;
}

interface Run {
  /** Resolves with the addresses of the ready line; rejects with what it said when it ends before. */
  readonly ready: Promise<Addresses>;
  readonly ended: Promise<Ran>;
  kill(signal: NodeJS.Signals): void;
}

let dir: string;
let dataDir: string;
const children = new Set<ChildProcess>();

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "veza-operation-"));
  dataDir = join(dir, "data");
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  children.clear();
  await rm(dir, { recursive: true, force: true });
});

function run(env: Record<string, string> = {}, args: readonly string[] = ["serve"]): Run {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: dir,
    env: {
      PATH: process.env.PATH ?? "",
      VEZA_HTTP_PORT: "0",
      VEZA_CHAT_PORT: "0",
      VEZA_STREAM_PORT: "0",
      VEZA_DATA_DIR: dataDir,
      VEZA_RATE_LIMIT: "off",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  let stdout = "";
  let stderr = "";
  const ready = Promise.withResolvers<Addresses>();
  // Not every test waits for it.
  ready.promise.catch(() => undefined);
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    const line = stdout.split("\n").find((each) => each.includes('"msg":"ready"') && each.endsWith("}"));
    if (line !== undefined) ready.resolve((JSON.parse(line) as { addresses: Addresses }).addresses);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<Ran>((resolve) => {
    child.once("close", (code, signal) => {
      ready.reject(new Error(`Veza ended with ${code} before it was ready: ${stderr}`));
      resolve({ code, signal, stdout, stderr });
    });
  });
  return { ready: ready.promise, ended, kill: (signal) => void child.kill(signal) };
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** What an operator is told: in words, without the inside of the program. */
function expectSentence(text: string): void {
  expect(text.trim()).not.toBe("");
  expect(text).not.toMatch(/^\s+at /m);
  expect(text).not.toContain("node:internal");
  expect(text).not.toContain("[object");
}

test("every mistake in the configuration is told at once, and nothing is started", async () => {
  const { code, stdout, stderr } = await run({
    VEZA_HTTP_PORT: "eighty",
    VEZA_CHAT_PORT: "70000",
    VEZA_SERVICES: "chat,video",
    VEZA_LOG_LEVEL: "loud",
    VEZA_LOG_FORMAT: "xml",
    VEZA_RATE_LIMIT: "maybe",
    VEZA_ENV: "staging",
    VEZA_TLS_CERT: "/etc/ssl/cert.pem",
    VEZA_PUBLIC_URL: "ftp://example.org",
    VEZA_AUTH_ISSUER: "https://issuer.example.org",
    VEZA_NATS_URL: "http://127.0.0.1:4222",
    VEZA_DATABASE_URL: "mysql://127.0.0.1/veza",
    VEZA_HTPP_PORT: "8080",
  }).ended;
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expectSentence(stderr);
  for (const name of [
    "VEZA_HTTP_PORT",
    "VEZA_CHAT_PORT",
    "VEZA_SERVICES",
    "VEZA_LOG_LEVEL",
    "VEZA_LOG_FORMAT",
    "VEZA_RATE_LIMIT",
    "VEZA_ENV",
    // What is missing is named, not only what is there.
    "VEZA_TLS_KEY",
    "VEZA_PUBLIC_URL",
    "VEZA_AUTH_JWKS_URL",
    "VEZA_NATS_URL",
    "VEZA_DATABASE_URL",
    // A name misspelt would otherwise be a setting ignored.
    "VEZA_HTPP_PORT",
  ]) {
    expect(stderr).toContain(name);
  }
  expect(await exists(dataDir)).toBe(false);
});

test.each([
  ["the same port twice", { VEZA_HTTP_PORT: "18080", VEZA_CHAT_PORT: "18080" }, /VEZA_HTTP_PORT.*VEZA_CHAT_PORT/],
  ["no services", { VEZA_SERVICES: "," }, /VEZA_SERVICES/],
  ["a port that is no whole number", { VEZA_STREAM_PORT: "80.5" }, /VEZA_STREAM_PORT/],
  ["a port below zero", { VEZA_STREAM_PORT: "-1" }, /VEZA_STREAM_PORT/],
  [
    "several processes of a part without NATS",
    { VEZA_SERVICES: "gateway,stream", VEZA_CHAT_URL: "http://127.0.0.1:1,http://127.0.0.1:2" },
    /VEZA_NATS_URL is missing.*VEZA_CHAT_URL/,
  ],
  ["NATS servers with different users", { VEZA_NATS_URL: "nats://a:b@one,nats://two" }, /VEZA_NATS_URL.*same user/],
])("%s: exit 2, and nothing is started", async (_what, env, told) => {
  const { code, stdout, stderr } = await run(env as Record<string, string>).ended;
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(told);
  expectSentence(stderr);
  expect(await exists(dataDir)).toBe(false);
});

test("a certificate that cannot be used is a mistake in the configuration", async () => {
  const cert = join(dir, "cert.pem");
  const key = join(dir, "key.pem");
  const missing = await run({ VEZA_TLS_CERT: cert, VEZA_TLS_KEY: key }).ended;
  await writeFile(cert, "not a certificate");
  await writeFile(key, "not a key");
  const garbage = await run({ VEZA_TLS_CERT: cert, VEZA_TLS_KEY: key }).ended;
  for (const { code, stdout, stderr } of [missing, garbage]) {
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("VEZA_TLS_CERT");
    expectSentence(stderr);
  }
  expect(await exists(dataDir)).toBe(false);
});

test("an unknown command is told how to be used", async () => {
  for (const args of [["sevre"], ["serve", "--port", "80"]]) {
    const { code, stdout, stderr } = await run({}, args).ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^usage: /);
  }
  expect(await exists(dataDir)).toBe(false);
});

test("the ready line names where each part listens, once all of them do", async () => {
  const veza = run();
  const addresses = await veza.ready;
  expect(Object.keys(addresses).sort()).toEqual(["chat", "gateway", "stream"]);
  for (const address of Object.values(addresses)) {
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    await reach(address);
  }
  expect(new Set(Object.values(addresses)).size).toBe(3);
  veza.kill("SIGTERM");
  const { code, stdout } = await veza.ended;
  expect(code).toBe(0);
  expect(stdout.match(/"msg":"ready"/g)).toHaveLength(1);
});

test("parts that are not asked for do not listen", async () => {
  const veza = run({ VEZA_SERVICES: "gateway,chat", VEZA_STREAM_URL: "http://127.0.0.1:1" });
  expect(Object.keys(await veza.ready).sort()).toEqual(["chat", "gateway"]);
  veza.kill("SIGTERM");
  expect((await veza.ended).code).toBe(0);
});

test.each(["VEZA_HTTP_PORT", "VEZA_CHAT_PORT", "VEZA_STREAM_PORT"])(
  "%s is taken: exit 1 with a sentence",
  async (name) => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    try {
      const { code, stdout, stderr } = await run({ [name]: String(port) }).ended;
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain(String(port));
      expect(stderr).toMatch(/in use/);
      expectSentence(stderr);
    } finally {
      other.close();
    }
  },
);

test.skipIf(withoutNats)("a NATS that refuses who asks: exit 1 with a sentence", async () => {
  await using nats = await startNats(["--user", "veza", "--pass", "right"]);
  const { code, stdout, stderr } = await run({ VEZA_NATS_URL: nats.url.replace("//", "//veza:wrong@") }).ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain("VEZA_NATS_URL");
  expect(stderr).not.toContain("wrong");
  expectSentence(stderr);
});

test("a data folder that cannot be had: exit 1 with a sentence", async () => {
  const file = join(dir, "file");
  await writeFile(file, "in the way");
  // Under a file, as a file, and where even root may not write.
  for (const path of [join(file, "data"), file, "/sys/veza"]) {
    const { code, stdout, stderr } = await run({ VEZA_DATA_DIR: path }).ended;
    expect({ path, code, stdout }).toEqual({ path, code: 1, stdout: "" });
    expect(stderr).toContain(path);
    expectSentence(stderr);
  }
});

test("a store that is no store is left as it is: exit 1 with a sentence", async () => {
  await mkdir(dataDir);
  await writeFile(join(dataDir, "veza.sqlite"), "this is not a database, and somebody may still want it".repeat(100));
  const { code, stdout, stderr } = await run().ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(dataDir);
  expectSentence(stderr);
});

test("a restart keeps accounts, sessions, rooms, messages and what was read", async () => {
  const before = run();
  const gateway = (await before.ready).gateway;
  const alice = await person({ gateway }, "alice");
  const bob = await person({ gateway }, "bob");
  const { room } = await alice.chat.createRoom({ name: "kept" });
  const roomId = room?.id ?? "";
  await bob.chat.joinRoom({ roomId });
  const { message } = await alice.chat.sendMessage({ roomId, content: "kept, too", requestId: "once" });
  await alice.chat.sendDirectMessage({ recipientId: bob.id, content: "between us" });
  before.kill("SIGTERM");
  expect((await before.ended).code).toBe(0);

  const after = run();
  const again = clientsOf((await after.ready).gateway, alice.accessToken);
  // The access token still holds: its key was kept. So does the session behind the refresh token.
  expect((await again.auth.getUserInfo({})).user).toMatchObject({ id: alice.id, username: "alice" });
  const { tokens } = await again.auth.refreshToken({ refreshToken: alice.refreshToken });
  expect(tokens?.accessToken).toEqual(expect.any(String));
  expect(await outcome(again.auth.login({ login: "alice", password }))).toBe("ok");
  expect((await again.chat.getRoomInfo({ roomId })).room).toMatchObject({ name: "kept", memberCount: 2 });
  const history = await again.chat.getMessageHistory({ roomId });
  expect(history.messages).toMatchObject([{ id: message?.id, content: "kept, too" }]);
  const repeated = await again.chat.sendMessage({ roomId, content: "kept, too", requestId: "once" });
  expect(repeated.message?.id).toBe(message?.id);
  const direct = await again.chat.getDirectMessages({ otherUserId: bob.id });
  expect(direct.messages).toMatchObject([{ content: "between us" }]);
  after.kill("SIGTERM");
  expect((await after.ended).code).toBe(0);
});

test("a session that was ended before the restart stays ended", async () => {
  const before = run();
  const alice = await person(await before.ready, "alice");
  await alice.auth.logout({});
  before.kill("SIGTERM");
  await before.ended;
  const after = run();
  const again = clientsOf((await after.ready).gateway, alice.accessToken);
  expect((await failureOf(again.auth.getUserInfo({}))).code).toBe("Unauthenticated");
  expect((await failureOf(again.auth.refreshToken({ refreshToken: alice.refreshToken }))).code).toBe("Unauthenticated");
});

/** How long a process may take to drain, by the contract. */
const drainMs = 10_000;

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s: streams are told, nothing acknowledged is lost, and idle connections do not hold it",
  async (signal) => {
    const veza = run();
    const addresses = await veza.ready;
    const alice = await person(addresses, "alice");
    const { room } = await alice.chat.createRoom({ name: "draining" });
    const roomId = room?.id ?? "";
    const streams = [
      collect(alice, roomId),
      collect({ ...alice, ...clientsOf(addresses.gateway, alice.accessToken, "grpc-web") }, roomId),
      collect({ ...alice, ...clientsOf(addresses.chat, alice.accessToken, "connect") }, roomId),
    ];
    await Promise.all(streams.map(({ greeted }) => greeted));
    const idle = await Promise.all(
      Object.values(addresses).flatMap((each) => [idleHttp1(each), idleHttp2(each), idleSocket(each)]),
    );

    const acknowledged: string[] = [];
    const failures = new Set<string>();
    const writers = Array.from({ length: 20 }, async (_, writer) => {
      const { chat } = clientsOf(addresses.gateway, alice.accessToken, writer % 2 === 0 ? "grpc" : "connect");
      for (let count = 0; ; count += 1) {
        try {
          const { message } = await chat.sendMessage({ roomId, content: `${writer}:${count}` });
          acknowledged.push(message?.id ?? "");
        } catch (error) {
          failures.add(drainingCode(ConnectError.from(error)));
          return;
        }
      }
    });
    await until(() => acknowledged.length > 100);
    const signaledAt = performance.now();
    veza.kill(signal);
    const { code, stderr } = await veza.ended;
    const tookMs = performance.now() - signaledAt;
    await Promise.all(writers);
    for (const each of idle) each.destroy();

    expect({ code, stderr: withoutNotes(stderr) }).toEqual({ code: 0, stderr: "" });
    expect(tookMs).toBeLessThan(drainMs);
    expect([...failures]).toEqual(["Unavailable"]);
    for (const { frames, ended } of streams) {
      expect(await ended).toBe("ok");
      const last = frames.at(-1)?.frame;
      expect(last?.case).toBe("closing");
      expect(last?.value).toMatchObject({ reason: CloseReason.SHUTDOWN, resumable: true });
    }

    const after = run();
    const again = clientsOf((await after.ready).gateway, alice.accessToken);
    const stored = new Set<string>();
    let beforeId: string | undefined;
    for (;;) {
      const page = await again.chat.getMessageHistory({
        roomId,
        limit: 200,
        ...(beforeId !== undefined && { beforeId }),
      });
      for (const { id } of page.messages) stored.add(id);
      beforeId = page.messages.at(-1)?.id;
      if (!page.hasMore) break;
    }
    expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);

    // Who goes on from its last number misses nothing and sees nothing twice.
    const seen =
      streams[0]?.frames.flatMap(({ frame }) => (frame.case === "event" ? [frame.value.sequence] : [])) ?? [];
    const resumed = collect({ ...alice, ...again }, roomId, seen.at(-1));
    await resumed.caughtUp;
    const all = [
      ...seen,
      ...resumed.frames.flatMap(({ frame }) => (frame.case === "event" ? [frame.value.sequence] : [])),
    ];
    expect(all.map(Number)).toEqual(all.map((_, index) => index + 1));
    resumed.hangUp();
    await resumed.ended;
  },
);

test("clients that never read do not hold a process that drains", async () => {
  const veza = run();
  const addresses = await veza.ready;
  const alice = await person(addresses, "alice");
  const { room } = await alice.chat.createRoom({ name: "unread" });
  const roomId = room?.id ?? "";
  const stuck = [
    await neverReadingHttp1(addresses.gateway, alice, roomId),
    neverReadingHttp2(addresses.gateway, alice, roomId),
  ];
  // More than the kernel takes for a reader that sleeps.
  const content = "€".repeat(4000);
  for (let round = 0; round < 30; round += 1) {
    await Promise.all(Array.from({ length: 20 }, () => alice.chat.sendMessage({ roomId, content })));
  }
  const reading = collect(alice, roomId);
  await reading.caughtUp;

  const signaledAt = performance.now();
  veza.kill("SIGTERM");
  expect(await reading.ended).toBe("ok");
  expect(reading.frames.at(-1)?.frame.case).toBe("closing");
  const { code } = await veza.ended;
  expect(code).toBe(0);
  expect(performance.now() - signaledAt).toBeLessThan(drainMs);
  for (const each of stuck) each.destroy();
});

test("a call that comes while the process drains is told to try elsewhere", async () => {
  const veza = run();
  const addresses = await veza.ready;
  const alice = await person(addresses, "alice");
  const { room } = await alice.chat.createRoom({ name: "draining" });
  // Holds the process while it drains.
  const stuck = neverReadingHttp2(addresses.gateway, alice, room?.id ?? "");
  const session = collect(alice, room?.id ?? "");
  await session.caughtUp;
  veza.kill("SIGTERM");
  await session.ended;
  const { code } = await failureOf(clientsOf(addresses.gateway, alice.accessToken).chat.listRooms({}));
  expect(code).toBe("Unavailable");
  stuck.destroy();
  expect((await veza.ended).code).toBe(0);
});

test("the log is lines of JSON that name each call, and tell no secret", async () => {
  const secrets = {
    password: "correct horse battery",
    wrong: "wrong-password-marker",
    next: "next-password-marker",
    content: "content-marker",
    direct: "direct-marker",
    edited: "edited-marker",
    invalid: "invalid-marker",
    search: "search-marker",
    header: "header-marker",
    body: "body-marker",
    email: "alice@example.org",
  };
  const veza = run({ VEZA_LOG_LEVEL: "trace" });
  const addresses = await veza.ready;
  const alice = await person(addresses, "alice");
  const bob = await person(addresses, "bob");
  const nobody = clientsOf(addresses.gateway);
  const { room } = await alice.chat.createRoom({ name: "room", description: secrets.content });
  const roomId = room?.id ?? "";
  const stream = collect(alice, roomId);
  await stream.caughtUp;

  // What goes well, what is refused, what cannot be read, and what nobody expects.
  const { message } = await alice.chat.sendMessage({ roomId, content: secrets.content, requestId: "r" });
  await alice.chat.editMessage({ messageId: message?.id ?? "", content: secrets.edited });
  await alice.chat.sendDirectMessage({ recipientId: bob.id, content: secrets.direct });
  await outcome(alice.chat.searchMessages({ query: secrets.search }));
  await outcome(
    alice.chat.sendMessage({ roomId, content: secrets.content, requestId: "r", replyTo: message?.id ?? "" }),
  );
  await outcome(alice.chat.sendMessage({ roomId: secrets.invalid, content: secrets.content }));
  await outcome(alice.chat.sendMessage({ roomId, content: secrets.content.repeat(1000) }));
  await outcome(bob.chat.sendMessage({ roomId, content: secrets.content }));
  await outcome(nobody.auth.login({ login: "alice", password: secrets.wrong }));
  await outcome(nobody.auth.register({ username: "alice", email: secrets.email, password: secrets.wrong }));
  await outcome(clientsOf(addresses.gateway, secrets.header).chat.listRooms({}));
  const { tokens } = await alice.auth.refreshToken({ refreshToken: alice.refreshToken });
  await outcome(alice.auth.changePassword({ currentPassword: secrets.password, newPassword: secrets.next }));
  await outcome(nobody.auth.validateToken({ token: alice.accessToken }));
  const sendPath = "/veza.chat.v1.ChatService/SendMessage";
  for (const [path, body] of [
    [sendPath, `{"content": "${secrets.body}", "roomId": `],
    [sendPath, `{"content": 7, "roomId": "${secrets.body}"}`],
    ["/veza.auth.v1.AuthService/Login", `{"login": "alice", "password": ["${secrets.body}"]}`],
    ["/test/chat", `{"name": "${secrets.body}"}`],
  ]) {
    const headers = { "content-type": "application/json", authorization: `Bearer ${bob.accessToken}` };
    await fetch(`${addresses.gateway}${path}`, { method: "POST", headers, body: body ?? "" }).then((each) =>
      each.text(),
    );
  }
  const query = new URLSearchParams({
    connect: "v1",
    encoding: "json",
    message: JSON.stringify({ query: secrets.search }),
  });
  await fetch(`${addresses.gateway}/veza.chat.v1.ChatService/SearchMessages?${query}`, {
    headers: { authorization: `Bearer ${bob.accessToken}` },
  }).then((each) => each.text());
  stream.hangUp();
  await stream.ended;

  veza.kill("SIGTERM");
  const { code, stdout, stderr } = await veza.ended;
  expect(code).toBe(0);
  expect(withoutNotes(stderr)).toBe("");
  const lines = stdout.trimEnd().split("\n");
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(entries).toContainEqual(expect.objectContaining({ msg: "stopping", signal: "SIGTERM" }));

  const calls = entries.filter(({ msg }) => msg === "rpc");
  for (const call of calls) {
    expect(call).toMatchObject({
      request_id: expect.stringMatching(/^[A-Za-z0-9._:-]{1,64}$/),
      method: expect.stringMatching(/^[a-z0-9.]+\.[A-Za-z]+\/[A-Za-z]+$/),
      code: expect.any(String),
      ms: expect.any(Number),
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  }
  expect(new Set(calls.map(({ request_id: id }) => id)).size).toBe(calls.length);
  const told = (method: string) => calls.filter((call) => call.method === method).map((call) => call.code);
  expect(told("veza.auth.v1.AuthService/Register")).toEqual(["ok", "ok", "AlreadyExists"]);
  expect(told("veza.auth.v1.AuthService/Login")).toContain("Unauthenticated");
  expect(told("veza.chat.v1.ChatService/SubscribeToChatEvents")).toHaveLength(1);

  const whole = stdout + stderr;
  for (const [name, secret] of Object.entries(secrets)) expect([name, whole.includes(secret)]).toEqual([name, false]);
  for (const token of [
    alice.accessToken,
    alice.refreshToken,
    bob.accessToken,
    bob.refreshToken,
    tokens?.accessToken,
    tokens?.refreshToken,
  ]) {
    // Neither whole nor the part that proves something.
    for (const part of [token, token?.split(".").at(-1)])
      expect(part !== undefined && whole.includes(part)).toBe(false);
  }
  expect(whole).not.toMatch(/\$argon2|eyJ[A-Za-z0-9_-]{10,}\./);
});

test("the log also names calls that are refused at the door", async () => {
  const veza = run();
  const { gateway } = await veza.ready;
  await outcome(clientsOf(gateway).chat.listRooms({}));
  await outcome(clientsOf(gateway, "no token").chat.listRooms({}));
  veza.kill("SIGTERM");
  const { stdout } = await veza.ended;
  const refused = stdout.split("\n").filter((line) => line.includes("veza.chat.v1.ChatService/ListRooms"));
  expect(refused.map((line) => (JSON.parse(line) as { code: string }).code)).toEqual([
    "Unauthenticated",
    "Unauthenticated",
  ]);
});

test("clients that leave in the middle are no faults of the service", async () => {
  const veza = run();
  const addresses = await veza.ready;
  const alice = await person(addresses, "alice");
  const { room } = await alice.chat.createRoom({ name: "room" });
  const stream = collect(alice, room?.id ?? "");
  await stream.caughtUp;
  await leaveMidway(addresses.gateway);
  stream.hangUp();
  await stream.ended;
  veza.kill("SIGTERM");
  const { code, stdout } = await veza.ended;
  expect(code).toBe(0);
  const errors = stdout
    .split("\n")
    .filter((line) => line !== "" && (JSON.parse(line) as { level: number }).level >= 50);
  expect(errors).toEqual([]);
});

test("the folder of the data holds keys and passwords for its owner only", async () => {
  const veza = run();
  await person(await veza.ready, "alice");
  veza.kill("SIGTERM");
  await veza.ended;
  for (const name of await readdir(dataDir, { recursive: true })) {
    const { mode } = await stat(join(dataDir, name));
    if (name.startsWith("keys")) expect([name, mode & 0o077]).toEqual([name, 0]);
  }
});

/**
 * The status of a call to a process that drains. One that crosses the GOAWAY is refused before it is looked at (RFC 9113
 * §8.7), which gRPC's own clients read as `unavailable`; connect-node calls it an internal error.
 */
function drainingCode(error: ConnectError): string {
  return error.rawMessage.includes("NGHTTP2_REFUSED_STREAM") ? "Unavailable" : (Code[error.code] ?? "");
}

/** Notes of Node itself, and of a console that is not built. */
function withoutNotes(stderr: string): string {
  return stderr
    .split("\n")
    .filter((line) => !/^serveStatic: root path|ExperimentalWarning|^\(Use `node --trace/.test(line))
    .join("\n")
    .trim();
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function reach(address: string): Promise<void> {
  const { hostname, port } = new URL(address);
  const socket = connectSocket(Number(port), hostname);
  await once(socket, "connect");
  socket.destroy();
}

/** Follows a room until the stream ends, and keeps what came. */
function collect(who: Person, roomId: string, after = 0n) {
  const frames: SubscribeToChatEventsResponse[] = [];
  const hangUp = new AbortController();
  const greeted = Promise.withResolvers<void>();
  const caughtUp = Promise.withResolvers<void>();
  async function follow(): Promise<void> {
    const request = { roomIds: [roomId], cursors: [{ roomId, afterSequence: after }] };
    for await (const frame of who.chat.subscribeToChatEvents(request, { signal: hangUp.signal })) {
      frames.push(frame);
      greeted.resolve();
      if (frame.frame.case === "caughtUp") caughtUp.resolve();
    }
  }
  const following = follow();
  for (const each of [greeted, caughtUp]) following.catch(each.reject);
  for (const each of [greeted, caughtUp]) each.promise.catch(() => undefined);
  const ended = outcome(following);
  return { frames, greeted: greeted.promise, caughtUp: caughtUp.promise, ended, hangUp: () => hangUp.abort() };
}

interface Destroyable {
  destroy(): void;
}

/** A connection that was used and is kept for later, as browsers and proxies do. */
async function idleHttp1(address: string): Promise<Destroyable> {
  const agent = new Agent({ keepAlive: true });
  const response = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    get(`${address}/health/live`, { agent }, resolve).on("error", reject);
  });
  response.resume();
  await once(response, "end");
  return agent;
}

async function idleHttp2(address: string): Promise<Destroyable> {
  const session = http2Connect(address);
  session.on("error", () => undefined);
  const stream = session.request({ ":path": "/health/live" });
  stream.resume();
  await once(stream, "end");
  return session;
}

/** A connection that never says a word. */
async function idleSocket(address: string): Promise<Destroyable> {
  const { hostname, port } = new URL(address);
  const socket = connectSocket(Number(port), hostname);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

function subscribeBody(roomId: string): Uint8Array {
  const request = create(SubscribeToChatEventsRequestSchema, { roomIds: [roomId] });
  const message = toBinary(SubscribeToChatEventsRequestSchema, request);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

const subscribePath = "/veza.chat.v1.ChatService/SubscribeToChatEvents";

/** Follows a room, reads the first bytes, and then nothing more. */
async function neverReadingHttp1(address: string, who: Person, roomId: string): Promise<Socket> {
  const { hostname, port } = new URL(address);
  const socket = connectSocket(Number(port), hostname);
  socket.on("error", () => undefined);
  const body = subscribeBody(roomId);
  socket.write(
    `POST ${subscribePath} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/connect+proto\r\n` +
      `authorization: Bearer ${who.accessToken}\r\ncontent-length: ${body.length}\r\n\r\n`,
  );
  socket.write(body);
  const [first] = (await once(socket, "data")) as [Buffer];
  expect(first.toString()).toMatch(/^HTTP\/1\.1 200 /);
  socket.pause();
  return socket;
}

/** Follows a room in gRPC and allows the service to send not a single byte. */
function neverReadingHttp2(address: string, who: Person, roomId: string): Destroyable {
  const session = http2Connect(address, { settings: { initialWindowSize: 0 } });
  session.on("error", () => undefined);
  const stream = session.request({
    ":method": "POST",
    ":path": subscribePath,
    "content-type": "application/grpc+proto",
    te: "trailers",
    authorization: `Bearer ${who.accessToken}`,
  });
  stream.on("error", () => undefined);
  stream.end(subscribeBody(roomId));
  return session;
}

/** Leaves in the middle of requests and of answers, in all the ways that clients do. */
async function leaveMidway(address: string): Promise<void> {
  const { hostname, port } = new URL(address);
  const halfway = connectSocket(Number(port), hostname);
  await once(halfway, "connect");
  halfway.write(
    `POST /veza.auth.v1.AuthService/Login HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"lo`,
  );
  const session = http2Connect(address);
  const reflection = { ":method": "POST", ":path": "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo" };
  const stream = session.request({ ...reflection, "content-type": "application/grpc", te: "trailers" });
  stream.on("error", () => undefined);
  // ServerReflectionRequest{list_services: "*"}, and the request stays open.
  stream.write(Buffer.from([0, 0, 0, 0, 3, 0x3a, 1, 0x2a]));
  await once(stream, "data");
  halfway.destroy();
  session.destroy();
  await reach(address);
}
