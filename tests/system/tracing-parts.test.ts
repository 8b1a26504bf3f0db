import { expect, test } from "vitest";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { startNats, withoutNats } from "../kit/nats.ts";
import { otlpReceiver, treeOf } from "../kit/otlp-receiver.ts";
import { type Parts, startParts, untilHealthy } from "../kit/parts.ts";
import { clientsOf, person } from "../kit/people.ts";
import { startPostgres } from "../kit/postgres.ts";
import { scrape } from "../kit/scrape.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";

/** Sends a message through the gateway in a trace, while somebody follows the room at each chat process. */
async function sendFollowed(parts: Parts): Promise<void> {
  await untilHealthy(parts);
  const alice = await person(parts, "alice");
  const { room } = await alice.chat.createRoom({ name: "a", type: RoomType.PUBLIC });
  const roomId = room?.id ?? "";
  const stop = new AbortController();
  const followers = parts.chats.map(({ url }) =>
    clientsOf(url, alice.accessToken).chat.subscribeToChatEvents({}, { signal: stop.signal })[Symbol.asyncIterator](),
  );
  for (const frames of followers) await frames.next();
  await alice.chat.sendMessage(
    { roomId, content: "hello" },
    { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } },
  );
  stop.abort();
  for (const frames of followers) await frames.next().catch(() => undefined);
}

test("one SendMessage across processes is one trace, and each process tells of its share", async () => {
  await using collector = await otlpReceiver();
  await using parts = await startParts({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "20",
    },
  });
  await sendFollowed(parts);

  const ours = () => collector.spans.filter((span) => span.traceId === traceId);
  const names = () => ours().map(({ service, name }) => `${service}: ${name}`);
  const expected = [
    "veza-gateway: forward veza.chat.v1.ChatService/SendMessage",
    "veza-chat: veza.chat.v1.ChatService/SendMessage",
    "veza-chat: transaction chat",
    "veza-chat: send chat.room",
    "veza-chat: process chat.room",
  ];
  await expect.poll(names, { timeout: 20_000 }).toEqual(expect.arrayContaining(expected));
  console.log(treeOf(collector.spans, traceId));

  const parentOf = (name: string) => {
    const span = ours().find((each) => `${each.service}: ${each.name}` === name);
    const parent = ours().find(({ spanId }) => spanId === span?.parentSpanId);
    return parent === undefined ? span?.parentSpanId : `${parent.service}: ${parent.name}`;
  };
  const [forward = "", call = "", transaction = "", bell = "", heard = ""] = expected;
  expect([forward, call, transaction, bell, heard].map(parentOf)).toEqual([
    "00f067aa0ba902b7",
    forward,
    call,
    call,
    bell,
  ]);

  const gateway = await scrape(parts.gateway);
  expect(gateway.value("veza_upstream_up", { upstream: "chat" })).toBe(1);
  expect(gateway.value("veza_upstream_instances", { upstream: "chat", state: "up" })).toBe(1);
  expect(gateway.value("veza_forward_duration_seconds_count", { upstream: "chat", end: "answered" })).toBe(2);
  // What the reading before this one asked for.
  await expect.poll(async () => (await scrape(parts.gateway)).value("veza_part_up", { part: "stream" })).toBe(1);
  const chat = await scrape(parts.chats[0]?.url ?? "");
  expect(chat.value("veza_chat_events_total", { kind: "messageSent" })).toBe(1);
});

const without = (process.env.VEZA_TEST_WITHOUT ?? "").split(",");

test.skipIf(withoutNats || without.includes("postgres"))(
  "over PostgreSQL and NATS too, and another process that hears of it is part of the trace",
  async () => {
    await using collector = await otlpReceiver();
    await using server = await startPostgres();
    await using nats = await startNats();
    await using parts = await startParts({
      count: { chat: 2 },
      env: {
        VEZA_DATABASE_URL: server.url("postgres"),
        VEZA_NATS_URL: nats.url,
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_BSP_SCHEDULE_DELAY: "20",
      },
    });
    await sendFollowed(parts);

    const ours = () => collector.spans.filter((span) => span.traceId === traceId);
    const heard = () => ours().filter(({ name }) => name === "process chat.room");
    const isForwarded = () => ours().some(({ name }) => name.startsWith("forward"));
    // Heard here and there.
    await expect.poll(() => [heard().length, isForwarded()], { timeout: 20_000 }).toEqual([2, true]);
    console.log(treeOf(collector.spans, traceId));
    const bell = ours().find(({ name }) => name === "send chat.room");
    expect(heard().map(({ parentSpanId }) => parentSpanId)).toEqual([bell?.spanId, bell?.spanId]);
    expect(new Set(heard().map(({ instance }) => instance)).size).toBe(2);
    expect(bell?.attributes["messaging.system"]).toBe("nats");
    const transaction = ours().find(({ name }) => name === "transaction chat");
    expect(transaction?.attributes["db.system.name"]).toBe("postgresql");
  },
);
