import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { follow } from "#src/client/index.ts";
import { createNodeTransport } from "#src/client/transport-node.ts";
import { createCuttingProxy, freePort } from "../kit/cutting-proxy.ts";
import { dropDatabaseOf, postgresOf, present } from "../kit/databases.ts";
import { clientsOf, person } from "../kit/people.ts";
import { spawnVeza, type VezaProcess } from "../kit/process.ts";
import { seeded } from "../kit/seeded.ts";

const writers = 4;
const followers = 20;
const kills = 3;
const runMs = 9000;

test.each(present)(
  "on %s, whatever is cut or killed, every acknowledged message reaches every follower once and in order",
  async (backend) => {
    const random = seeded(7);
    const dataDir = await mkdtemp(join(tmpdir(), "veza-kill-"));
    const port = await freePort();
    const env = {
      VEZA_HTTP_PORT: String(port),
      VEZA_CHAT_PORT: "0",
      VEZA_STREAM_PORT: "0",
      VEZA_DATA_DIR: dataDir,
      VEZA_LOG_LEVEL: "info",
      ...(backend === "postgres" && { VEZA_DATABASE_URL: await postgresOf(dataDir) }),
    };
    let veza: VezaProcess = await spawnVeza(env);
    await using proxy = await createCuttingProxy(port);
    const stop = new AbortController();
    try {
      const direct = { gateway: `http://127.0.0.1:${port}` };
      const owner = await person(direct, "owner");
      const { room } = await owner.chat.createRoom({ name: "storm" });
      const roomId = room?.id ?? "";
      const people = await Promise.all(Array.from({ length: writers }, (_, index) => person(direct, `writer${index}`)));
      for (const each of people) await each.chat.joinRoom({ roomId });

      // Followers: each its own connection, over any of the protocols, and cut at random.
      const seen = Array.from({ length: followers }, () => [] as { sequence: number; id: string; content: string }[]);
      const snapshots: string[] = [];
      const following = seen.map((list, index) => {
        const protocol = (["grpc", "grpc-web", "connect"] as const)[index % 3] as "grpc";
        const reader = people[index % writers];
        const transport = createNodeTransport({
          protocol,
          baseUrl: proxy.url,
          httpVersion: "2",
          interceptors: [
            (next) => (request) => {
              request.header.set("authorization", `Bearer ${reader?.accessToken}`);
              return next(request);
            },
          ],
        } as Parameters<typeof createNodeTransport>[0]);
        return follow({
          client: createClient(ChatService, transport),
          roomIds: [roomId],
          cursors: [[roomId, 0n]],
          signal: stop.signal,
          random,
          onEvent(event) {
            if (event.payload.case !== "messageSent") return;
            const { id = "", content = "" } = event.payload.value.message ?? {};
            list.push({ sequence: Number(event.sequence), id, content });
          },
          onSnapshot: (id) => void snapshots.push(id),
        });
      });

      // Writers repeat what was not acknowledged, with the same request id, until it is.
      const acknowledged: { id: string; content: string }[] = [];
      const attempts = { sent: 0, repeated: 0 };
      const endAt = Date.now() + runMs;
      async function write(index: number): Promise<void> {
        for (let count = 0; Date.now() < endAt; count += 1) {
          const content = `${index}:${count}`;
          for (let tries = 0; ; tries += 1) {
            attempts.sent += 1;
            attempts.repeated += tries > 0 ? 1 : 0;
            try {
              const { chat } = clientsOf(proxy.url, people[index]?.accessToken, index % 2 === 0 ? "grpc" : "connect");
              const { message } = await chat.sendMessage({ roomId, content, requestId: content }, { timeoutMs: 2000 });
              acknowledged.push({ id: message?.id ?? "", content });
              break;
            } catch {
              if (tries > 200) throw new Error(`${content} was never taken`);
              await sleep(20 + random() * 60);
            }
          }
          await sleep(random() * 10);
        }
      }
      const writing = Promise.all(people.map((_, index) => write(index)));

      let cuts = 0;
      for (let kill = 0; kill < kills; kill += 1) {
        for (let pause = 0; pause < 5; pause += 1) {
          await sleep(runMs / kills / 7);
          cuts += proxy.cut(0.3, random);
        }
        await veza.end("SIGKILL");
        await sleep(100 + random() * 300);
        veza = await spawnVeza(env);
      }
      await writing;

      const last = Math.max(...(await history(owner.chat, roomId)).map(({ sequence }) => Number(sequence)));
      const deadline = Date.now() + 20_000;
      while (Date.now() < deadline && seen.some((list) => (list.at(-1)?.sequence ?? 0) < last)) await sleep(50);
      stop.abort();
      await Promise.all(following);

      expect(snapshots).toEqual([]);
      expect(cuts).toBeGreaterThan(10);
      expect(acknowledged.length).toBeGreaterThan(20);
      expect(new Set(acknowledged.map(({ content }) => content)).size).toBe(acknowledged.length);
      const stored = (await history(owner.chat, roomId)).map(({ id, content }) => ({ id, content })).reverse();
      // Every acknowledged message is there, and no message is there twice.
      expect(new Set(stored.map(({ content }) => content)).size).toBe(stored.length);
      const storedIds = new Map(stored.map(({ id, content }) => [id, content]));
      for (const { id, content } of acknowledged) expect(storedIds.get(id)).toBe(content);
      // Every follower has seen exactly what is stored, in that order.
      for (const list of seen) expect(list.map(({ id, content }) => ({ id, content }))).toEqual(stored);
    } finally {
      stop.abort();
      await veza.end("SIGKILL");
      await dropDatabaseOf(dataDir);
      await rm(dataDir, { recursive: true, force: true });
    }
  },
);

async function history(chat: ReturnType<typeof clientsOf>["chat"], roomId: string) {
  const all = [];
  let beforeId: string | undefined;
  for (;;) {
    const page = await chat.getMessageHistory({ roomId, limit: 200, ...(beforeId === undefined ? {} : { beforeId }) });
    all.push(...page.messages);
    beforeId = page.messages.at(-1)?.id;
    if (!page.hasMore || beforeId === undefined) return all;
  }
}
