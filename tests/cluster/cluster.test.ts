import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { follow, overSeveral } from "#src/client/index.ts";
import { failureOf } from "../kit/failures.ts";
import { type NatsServer, startNats } from "../kit/nats.ts";
import { type PartProcess, type Parts, startParts, untilHealthy } from "../kit/parts.ts";
import { clientsOf, type Person, person, transportTo } from "../kit/people.ts";
import { administer, type PostgresServer, startPostgres } from "../kit/postgres.ts";
import { broadcast, listenOn } from "../kit/radio.ts";
import { randomOf } from "../kit/random.ts";

/**
 * Two of each part, PostgreSQL and NATS, each a process that is killed in turn, while people write, follow, broadcast
 * and listen. What was acknowledged is there once; every follower has seen all of it, in order; sound comes back.
 */

const writers = 3;
const followers = 8;
/** A killed process is started again after this long, as an orchestrator would. */
const restartMs = 700;

let postgres: PostgresServer;
let nats: NatsServer;
let parts: Parts;

beforeAll(async () => {
  [postgres, nats] = await Promise.all([startPostgres({ durable: true }), startNats()]);
  await administer(postgres, "CREATE DATABASE veza_cluster");
  parts = await startParts({
    count: { gateway: 2, chat: 2, stream: 2 },
    env: {
      VEZA_DATABASE_URL: postgres.url("veza_cluster"),
      VEZA_NATS_URL: nats.url,
      VEZA_PUBLIC_URL: "http://veza.test",
    },
  });
  await untilHealthy(parts);
}, 120_000);
afterAll(async () => {
  await parts?.[Symbol.asyncDispose]();
  await nats?.[Symbol.asyncDispose]();
  await postgres?.[Symbol.asyncDispose]();
});

const gatewayUrl = (index: number) => parts.gateways[index % 2]?.url ?? "";
/** Both, the one to begin with first: what a client has that knows of no balancer. */
const gatewaysFrom = (index: number) => [gatewayUrl(index), gatewayUrl(index + 1)] as const;

interface Health {
  readonly status: string;
  readonly services: Readonly<Record<string, { readonly status: string }>>;
  readonly bus?: { readonly status: string };
}

async function healthAt(url: string): Promise<Health> {
  return (await (await fetch(`${url}/health`)).json()) as Health;
}

/** Waits until a gateway says of the whole what is expected of it. Rejects after a while, with what it said last. */
async function untilHealth(url: string, isAsExpected: (health: Health) => boolean): Promise<void> {
  let last: unknown;
  for (const giveUpAt = Date.now() + 15_000; Date.now() < giveUpAt; await sleep(50)) {
    try {
      last = await healthAt(url);
      if (isAsExpected(last as Health)) return;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`the health of ${url} was last ${JSON.stringify(last)}`);
}
const isWell = (health: Health) => health.status === "ok";

/** Writes until it is stopped; what was not acknowledged is sent again, at the other gateway, as the same request. */
function writeOn(index: number, writer: Person, roomId: string, random: () => number) {
  let stopped = false;
  const acknowledged = new Map<string, string>();
  let refused = 0;
  const done = (async () => {
    for (let count = 0; !stopped; count += 1) {
      const content = `${index}:${count}`;
      for (let tries = 0; ; tries += 1) {
        if (tries > 300) throw new Error(`${content} was never taken`);
        const { chat } = at(writer, index + tries, tries % 2 === 0 ? "grpc" : "connect");
        try {
          const { message } = await chat.sendMessage({ roomId, content, requestId: content }, { timeoutMs: 3000 });
          acknowledged.set(content, message?.id ?? "");
          break;
        } catch {
          refused += 1;
          await sleep(20 + random() * 80);
        }
      }
      await sleep(random() * 40);
    }
  })();
  return {
    acknowledged,
    get refused() {
      return refused;
    },
    stop() {
      stopped = true;
      return done;
    },
  };
}

const clients = new Map<string, ReturnType<typeof clientsOf>>();
/** Clients of a person at a gateway, made once. */
function at(who: Person, index: number, protocol: "grpc" | "connect" | "grpc-web" = "grpc") {
  const key = `${who.id} ${index % 2} ${protocol}`;
  const known = clients.get(key) ?? clientsOf(gatewayUrl(index), who.accessToken, protocol);
  clients.set(key, known);
  return known;
}

/** Follows a room through whatever happens, at one gateway and at the other when that is gone. */
function followOn(index: number, who: Person, roomId: string, signal: AbortSignal, random: () => number) {
  const seen: { sequence: number; content: string }[] = [];
  const snapshots: string[] = [];
  const protocol = (["grpc", "grpc-web", "connect"] as const)[index % 3] as "grpc";
  const [here, there] = gatewaysFrom(index);
  const ended = follow({
    client: createClient(
      ChatService,
      overSeveral([transportTo(here, protocol, who.accessToken), transportTo(there, protocol, who.accessToken)]),
    ),
    roomIds: [roomId],
    cursors: [[roomId, 0n]],
    signal,
    random,
    onEvent({ sequence, payload }) {
      const content = payload.case === "messageSent" ? (payload.value.message?.content ?? "") : (payload.case ?? "");
      seen.push({ sequence: Number(sequence), content });
    },
    onSnapshot: (id) => void snapshots.push(id),
  });
  return { seen, snapshots, ended };
}

describe("a cluster of two of each", () => {
  test("loses nothing, whichever process is killed, and tells the truth about itself", async () => {
    const random = randomOf(11);
    const owner = await person({ gateway: gatewayUrl(0) }, "owner");
    const roomId = (await owner.chat.createRoom({ name: "storm" })).room?.id ?? "";
    const people: Person[] = [];
    for (let index = 0; index < writers; index += 1) {
      const writer = await person({ gateway: gatewayUrl(index) }, `writer${index}`);
      await writer.chat.joinRoom({ roomId });
      people.push(writer);
    }
    const { stream, streamKey } = await owner.stream.createStream({ title: "storm" });
    const streamId = stream?.id ?? "";

    const stop = new AbortController();
    const following = Array.from({ length: followers }, (_, index) =>
      followOn(index, people[index % writers] as Person, roomId, stop.signal, random),
    );
    const writing = people.map((writer, index) => writeOn(index, writer, roomId, random));
    const radio = broadcast(gatewaysFrom(0), { path: `/live/${streamId}`, key: streamKey });
    await untilLive(owner, streamId);
    const listening = [...people, owner].map((who, index) => listenOn(gatewaysFrom(index), who, streamId, radio));
    const silences: Record<string, string> = {};
    await heardBy(performance.now());
    note("nothing", performance.now() - 200);

    /** Resolves once everybody has heard what was said after a moment. */
    async function heardBy(moment: number): Promise<void> {
      await Promise.all(listening.map((each) => each.hears(moment)));
    }
    /** The longest silence since a fault: of who heard it least, and of who heard it most. */
    function note(fault: string, moment: number): void {
      const each = listening.map((one) => Math.round(one.silenceSince(moment)));
      silences[fault] = `${Math.min(...each)}-${Math.max(...each)}`;
    }

    async function killOne(name: string, part: PartProcess, other: string): Promise<void> {
      const killedAt = performance.now();
      await part.end("SIGKILL");
      await sleep(restartMs);
      await part.start();
      await untilHealth(other, isWell);
      await heardBy(performance.now());
      note(name, killedAt);
      await sleep(300);
    }
    for (const index of [0, 1]) {
      await killOne(`chat ${index}`, parts.chats[index] as PartProcess, gatewayUrl(0));
      await killOne(`stream ${index}`, parts.streams[index] as PartProcess, gatewayUrl(0));
      await killOne(`gateway ${index}`, parts.gateways[index] as PartProcess, gatewayUrl(index + 1));
    }

    // The bell is gone: what is said is found all the same.
    const bellLostAt = performance.now();
    await nats.stop();
    await untilHealth(gatewayUrl(0), ({ status, bus }) => status === "degraded" && bus?.status === "down");
    await sleep(1500);
    const bellBackAt = performance.now();
    await nats.start();
    await Promise.all([untilHealth(gatewayUrl(0), isWell), untilHealth(gatewayUrl(1), isWell)]);
    await heardBy(performance.now());
    note("NATS", bellLostAt);
    note("NATS, from its return", bellBackAt);

    // The store is gone: nobody is told that something was stored.
    const storeLostAt = performance.now();
    await postgres.crash();
    const refused = await failureOf(at(owner, 0).chat.sendMessage({ roomId, content: "not now" }, { timeoutMs: 3000 }));
    expect(refused.code).toBe("Unavailable");
    await postgres.start();
    await Promise.all([untilHealth(gatewayUrl(0), isWell), untilHealth(gatewayUrl(1), isWell)]);
    await heardBy(performance.now());
    note("PostgreSQL", storeLostAt);

    await Promise.all(writing.map((each) => each.stop()));
    const stored = (await history(owner, roomId)).reverse();
    const last = stored.at(-1)?.sequence ?? 0;
    for (const giveUpAt = Date.now() + 20_000; Date.now() < giveUpAt; await sleep(50)) {
      if (following.every(({ seen }) => (seen.at(-1)?.sequence ?? 0) >= last)) break;
    }
    stop.abort();
    await Promise.all([...following.map(({ ended }) => ended), radio.stop(), ...listening.map((each) => each.stop())]);

    const count = writing.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
    const refusals = writing.reduce((sum, each) => sum + each.refused, 0);
    console.log(
      `${count} messages acknowledged, ${refusals} refused and sent again; source connected ${radio.connections} times; ` +
        `longest silence of listeners after a fault, least to most, ms: ${JSON.stringify(silences)}`,
    );
    expect(count).toBeGreaterThan(100);
    // Every acknowledged message is there, and none is there twice.
    const contents = stored.map(({ content }) => content);
    expect(new Set(contents).size).toBe(contents.length);
    const ids = new Map(stored.map(({ id, content }) => [content, id]));
    for (const { acknowledged } of writing) {
      for (const [content, id] of acknowledged) expect(ids.get(content)).toBe(id);
    }
    // Every follower has seen every number once, in order, and every message.
    for (const { seen, snapshots } of following) {
      expect(snapshots).toEqual([]);
      expect(seen.map(({ sequence }) => sequence)).toEqual(Array.from({ length: last }, (_, index) => index + 1));
      expect(seen.map(({ content }) => content).filter((content) => ids.has(content))).toEqual(contents);
    }
  }, 240_000);

  test("goes on where one of two stands still", async () => {
    const eve = await person({ gateway: gatewayUrl(0) }, "eve");
    const roomId = (await eve.chat.createRoom({ name: "still" })).room?.id ?? "";
    const { stream, streamKey } = await eve.stream.createStream({ title: "still" });
    const streamId = stream?.id ?? "";
    const radio = broadcast(gatewaysFrom(0), { path: `/live/${streamId}`, key: streamKey });
    await untilLive(eve, streamId);
    const listening = [0, 1, 0, 1].map((index) => listenOn(gatewaysFrom(index), eve, streamId, radio));
    await Promise.all(listening.map((each) => each.hears(performance.now())));
    const stop = new AbortController();
    const random = randomOf(12);
    const following = [0, 1, 2].map((index) => followOn(index, eve, roomId, stop.signal, random));
    const figures: string[] = [];

    const [chat] = parts.chats;
    for (const [name, some] of [
      ["chat", [chat as PartProcess]],
      ["stream", parts.streams],
    ] as const) {
      for (const part of some) {
        const stoodStillAt = performance.now();
        part.pause("SIGSTOP");
        // Begun while nobody knows that it stands still: reads are asked for elsewhere, and so is what has a name.
        const calls = Array.from({ length: 8 }, async (_, index) => {
          const { chat, stream } = at(eve, index);
          const startedAt = performance.now();
          if (name === "stream") await stream.getStreamInfo({ streamId });
          else await chat.sendMessage({ roomId, content: "on", requestId: crypto.randomUUID() });
          return performance.now() - startedAt;
        });
        const took = Math.round(Math.max(...(await Promise.all(calls))));
        const { message } = await at(eve, 0).chat.sendMessage({ roomId, content: `without ${part.url}` });
        const until = Number(message?.sequence);
        while (following.some(({ seen }) => (seen.at(-1)?.sequence ?? 0) < until)) await sleep(10);
        const followedAfter = Math.round(performance.now() - stoodStillAt);
        await Promise.all(listening.map((each) => each.hears(performance.now())));
        const silences = listening.map((each) => Math.round(each.silenceSince(stoodStillAt)));
        figures.push(`${name}: calls ${took}, followed after ${followedAfter}, silences ${silences.join(" ")}`);
        part.pause("SIGCONT");
        await Promise.all([0, 1].map((index) => untilHealth(gatewayUrl(index), isWell)));
        await Promise.all(listening.map((each) => each.hears(performance.now())));
        await sleep(500);
      }
    }
    stop.abort();
    await Promise.all([radio.stop(), ...listening.map((each) => each.stop()), ...following.map(({ ended }) => ended)]);
    console.log(`one of two stands still, ms: ${figures.join("; ")}`);
    for (const { seen, snapshots } of following) {
      expect(snapshots).toEqual([]);
      expect(seen.map(({ sequence }) => sequence)).toEqual(seen.map((_, index) => index + 1));
    }
  });

  test("says at once what is down, and takes it back", async () => {
    const ada = await person({ gateway: gatewayUrl(0) }, "ada");
    const roomId = (await ada.chat.createRoom({ name: "here" })).room?.id ?? "";
    await Promise.all(parts.chats.map((each) => each.end("SIGKILL")));
    await untilHealth(
      gatewayUrl(0),
      ({ status, services }) => status === "degraded" && services.chat?.status === "down",
    );
    for (const gateway of [0, 1]) {
      // Sooner than its deadline, or it would read otherwise.
      const seen = await failureOf(at(ada, gateway).chat.sendMessage({ roomId, content: "x" }, { timeoutMs: 1000 }));
      expect(seen).toEqual({ code: "Unavailable", reason: "UNAVAILABLE" });
    }
    // The rest goes on.
    expect((await ada.auth.getUserInfo({})).user?.username).toBe("ada");
    expect((await ada.stream.listActiveStreams({})).streams).toBeDefined();
    await Promise.all(parts.chats.map((each) => each.start()));
    await untilHealth(gatewayUrl(0), isWell);
    expect((await ada.chat.sendMessage({ roomId, content: "back" })).message?.content).toBe("back");
  });
});

async function untilLive(who: Person, streamId: string): Promise<void> {
  for (const giveUpAt = Date.now() + 15_000; Date.now() < giveUpAt; await sleep(50)) {
    const { stream } = await who.stream.getStreamInfo({ streamId });
    if (stream?.startedAt !== undefined) return;
  }
  throw new Error("the stream did not come on air");
}

async function history({ chat }: Person, roomId: string) {
  const all: { id: string; content: string; sequence: number }[] = [];
  for (let beforeId: string | undefined; ; ) {
    const page = await chat.getMessageHistory({ roomId, limit: 200, ...(beforeId !== undefined && { beforeId }) });
    all.push(...page.messages.map(({ id, content, sequence }) => ({ id, content, sequence: Number(sequence) })));
    beforeId = page.messages.at(-1)?.id;
    if (!page.hasMore || beforeId === undefined) return all;
  }
}
