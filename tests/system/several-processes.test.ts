import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import { follow } from "#src/client/index.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { type CuttingProxy, createCuttingProxy } from "../kit/cutting-proxy.ts";
import { dropDatabaseOf, postgresOf, present } from "../kit/databases.ts";
import { type NatsServer, startNats, withoutNats } from "../kit/nats.ts";
import { clientsOf, type Person, person, transportTo } from "../kit/people.ts";
import { seeded } from "../kit/seeded.ts";

/** Two apps with one database, which hear of each other over NATS alone, each on a wire of its own. */
describe.skipIf(withoutNats || !present.includes("postgres"))("two processes of each part", () => {
  let folder: string;
  let nats: NatsServer;
  let wires: CuttingProxy[];
  let apps: TestApp[];
  let here: TestApp;
  let there: TestApp;
  let owner: Person;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "veza-several-"));
    nats = await startNats();
    wires = [await createCuttingProxy(nats.port), await createCuttingProxy(nats.port)];
    apps = [];
    for (const wire of wires) {
      apps.push(
        await startApp({
          dataDir: folder,
          env: {
            VEZA_DATABASE_URL: await postgresOf(folder),
            VEZA_NATS_URL: wire.url.replace("http:", "nats:"),
            VEZA_LOG_LEVEL: "fatal",
          },
        }),
      );
    }
    [here, there] = apps as [TestApp, TestApp];
    owner = await person(here, "owner");
  });
  afterAll(async () => {
    for (const app of apps) await app[Symbol.asyncDispose]();
    for (const wire of wires) await wire[Symbol.asyncDispose]();
    await nats[Symbol.asyncDispose]();
    await dropDatabaseOf(folder);
    await rm(folder, { recursive: true, force: true });
  });

  const newRoom = async () => (await owner.chat.createRoom({ name: "a room" })).room?.id ?? "";
  /** The same person, at the other process. */
  const at = (app: TestApp, who: Person) => clientsOf(app.gateway, who.accessToken);

  /** Follows at one process; `words` are what came: events, and that somebody types. */
  async function following(app: TestApp, who: Person, roomIds: string[] = []) {
    const words: string[] = [];
    const attached = Promise.withResolvers<void>();
    const stop = new AbortController();
    const ended = follow({
      client: createClient(ChatService, transportTo(app.gateway, "grpc", who.accessToken)),
      roomIds,
      signal: stop.signal,
      onEvent: ({ payload }) => void words.push(payload.case ?? ""),
      onSignal: ({ payload }) => void (payload.case === "typing" && words.push("typing")),
      onSnapshot: () => undefined,
      onState: ({ kind }) => kind === "live" && attached.resolve(),
    });
    await Promise.race([attached.promise, ended]);
    return { words, ended, stop: () => stop.abort() };
  }

  async function healthOf(app: TestApp) {
    const { status, bus } = (await (await fetch(`${app.gateway}/health`)).json()) as {
      status: string;
      bus?: { status: string };
    };
    return `${status}, bus ${bus?.status}`;
  }

  test("what happens at one is followed at the other", async () => {
    const roomId = await newRoom();
    const guest = await person(there, "guest");
    const all = await following(there, guest);
    await guest.chat.joinRoom({ roomId });
    await expect.poll(() => all.words).toEqual(["memberJoined"]);
    await owner.chat.setTyping({ roomId, isTyping: true });
    await owner.chat.sendMessage({ roomId, content: "hello" });
    await expect.poll(() => all.words).toEqual(["memberJoined", "typing", "messageSent"]);
    await owner.chat.banUser({ roomId, userId: guest.id });
    await expect.poll(() => all.words.at(-1)).toBe("memberLeft");
    await owner.chat.sendMessage({ roomId, content: "among us" });
    // The room that is followed once more says that nothing else comes.
    const other = await newRoom();
    await guest.chat.joinRoom({ roomId: other });
    await expect.poll(() => all.words.at(-1)).toBe("memberJoined");
    expect(all.words.filter((word) => word === "messageSent")).toHaveLength(1);
    all.stop();
  });

  test("a stream's events are followed at the other, and so is who may no longer", async () => {
    const guest = await person(there, "stranger");
    const { stream } = await owner.stream.createStream({ title: "a stream", visibility: StreamVisibility.PUBLIC });
    const streamId = stream?.id ?? "";
    const frames: string[] = [];
    const ended = (async () => {
      for await (const { frame } of guest.stream.subscribeToStreamEvents({ streamId })) frames.push(frame.case ?? "");
    })();
    await expect.poll(() => frames).toEqual(["hello"]);
    await owner.stream.updateMetadata({ streamId, metadata: { currentTrack: "one" } });
    await expect.poll(() => frames).toEqual(["hello", "event"]);
    await owner.stream.updateStream({ streamId, visibility: StreamVisibility.PRIVATE });
    await ended;
    expect(frames.at(-1)).toBe("closing");
  });

  test("a session that ends at one ends its streams and its calls at the other", async () => {
    const guest = await person(here, "leaver");
    const stream = await following(there, guest, [await newRoom()]);
    await guest.auth.logout({});
    expect(await stream.ended).toEqual({ kind: "session-ended" });
    await expect(at(there, guest).auth.getUserInfo({})).rejects.toThrow(/TOKEN_REVOKED|session/i);
  });

  test("without NATS all of it still holds, and health says so", async () => {
    const roomId = await newRoom();
    const guest = await person(there, "patient");
    const [leaver, banned] = [await person(here, "leaver2"), await person(here, "banned")];
    const all = await following(there, guest, [roomId]);
    const [ending, dropped] = [await following(there, leaver, [roomId]), await following(there, banned, [roomId])];
    expect(await healthOf(there)).toBe("ok, bus ok");
    await nats.stop();
    await expect.poll(() => healthOf(here)).toBe("degraded, bus down");
    await leaver.auth.logout({});
    await owner.chat.banUser({ roomId, userId: banned.id });
    await owner.chat.sendMessage({ roomId, content: "hello" });
    await expect.poll(() => all.words, { timeout: 20_000 }).toEqual(["sanctionImposed", "messageSent"]);
    expect(await ending.ended).toEqual({ kind: "session-ended" });

    await nats.start();
    await expect.poll(() => healthOf(here), { timeout: 20_000 }).toBe("ok, bus ok");
    await expect.poll(() => healthOf(there), { timeout: 20_000 }).toBe("ok, bus ok");
    // The bell of the ban was lost: what is read of the room says it, before what was said among the others.
    await dropped.ended;
    expect(dropped.words).not.toContain("messageSent");
    all.stop();
  });

  test("whatever is cut, every follower at either sees every message once and in order", async () => {
    const random = seeded(17);
    const roomId = await newRoom();
    const writers = await Promise.all(["one", "two", "three", "four"].map((name) => person(here, name)));
    for (const each of writers) await each.chat.joinRoom({ roomId });
    const stop = new AbortController();
    const seen = Array.from({ length: 12 }, () => [] as string[]);
    const snapshots: string[] = [];
    const followers = seen.map((list, index) =>
      follow({
        client: createClient(
          ChatService,
          transportTo((apps[index % 2] as TestApp).gateway, "grpc", writers[index % 4]?.accessToken),
        ),
        roomIds: [roomId],
        cursors: [[roomId, 0n]],
        signal: stop.signal,
        random,
        onEvent({ payload }) {
          if (payload.case === "messageSent") list.push(payload.value.message?.content ?? "");
        },
        onSnapshot: (id) => void snapshots.push(id),
      }),
    );

    const endAt = Date.now() + 6000;
    const sent: string[] = [];
    const writing = writers.map(async (who, index) => {
      const { chat } = at(apps[index % 2] as TestApp, who);
      for (let count = 0; Date.now() < endAt; count += 1) {
        const content = `${index}:${count}`;
        await chat.sendMessage({ roomId, content, requestId: content });
        sent.push(content);
        await sleep(random() * 20);
      }
    });
    let cuts = 0;
    for (let turn = 0; Date.now() < endAt; turn += 1) {
      await sleep(100 + random() * 400);
      for (const wire of wires) cuts += wire.cut(0.4, random);
      if (turn !== 4) continue;
      await nats.stop();
      await sleep(300);
      await nats.start();
    }
    await Promise.all(writing);
    await expect.poll(() => seen.map((list) => list.length), { timeout: 20_000 }).toEqual(seen.map(() => sent.length));
    stop.abort();
    await Promise.all(followers);

    expect([snapshots, cuts > 4]).toEqual([[], true]);
    const stored: string[] = [];
    for (let beforeId: string | undefined; ; ) {
      const page = await owner.chat.getMessageHistory({ roomId, limit: 200, ...(beforeId && { beforeId }) });
      stored.unshift(...page.messages.map(({ content }) => content).reverse());
      beforeId = page.messages.at(-1)?.id;
      if (!page.hasMore) break;
    }
    expect(new Set(stored).size).toBe(stored.length);
    expect([...stored].sort()).toEqual([...sent].sort());
    for (const list of seen) expect(list).toEqual(stored);
  });
});
