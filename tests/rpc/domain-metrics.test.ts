import { expect, onTestFinished, test } from "vitest";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { countingFrames, frameMs } from "../kit/counting-mp3.ts";
import { icecastSource } from "../kit/icecast-source.ts";
import { listenTo, play } from "../kit/listener.ts";
import { clientsOf, type Person, person } from "../kit/people.ts";
import { scrape } from "../kit/scrape.ts";

async function house(): Promise<TestApp> {
  const app = await startApp();
  onTestFinished(() => app[Symbol.asyncDispose]());
  return app;
}

/** Waits until a metric has a value: what is counted after an answer may be a turn of the loop late. */
function metric(app: TestApp, name: string, labels: Record<string, string> = {}) {
  return expect.poll(async () => (await scrape(app.gateway)).value(name, labels), { interval: 10, timeout: 10_000 });
}

/** Opens a stream of events and reads it until it is over. */
function follow(who: Person): { events: () => number; stop(): void } {
  const stop = new AbortController();
  let events = 0;
  void (async () => {
    for await (const { frame } of who.chat.subscribeToChatEvents({}, { signal: stop.signal })) {
      if (frame.case === "event") events += 1;
    }
  })().catch(() => undefined);
  return { events: () => events, stop: () => stop.abort() };
}

test("messages, their followers, the database and the bus", async () => {
  const app = await house();
  const alice = await person(app, "alice");
  const bob = await person(app, "bob");
  const { room } = await alice.chat.createRoom({ name: "a", type: RoomType.PUBLIC });
  const roomId = room?.id ?? "";
  await bob.chat.joinRoom({ roomId });
  const chat = { feed: "chat" };
  const tapes = [follow(alice), follow(bob)];
  await metric(app, "veza_follow_followers", chat).toBe(2);
  expect((await scrape(app.gateway)).value("veza_follow_feeds", chat)).toBe(1);

  const before = await scrape(app.gateway);
  const { message } = await alice.chat.sendMessage({ roomId, content: "one" });
  await alice.chat.sendMessage({ roomId, content: "two" });
  await alice.chat.editMessage({ messageId: message?.id ?? "", content: "three" });
  await alice.chat.deleteMessage({ messageId: message?.id ?? "" });
  await expect.poll(() => tapes.map((tape) => tape.events())).toEqual([4, 4]);
  await bob.chat.getMessageHistory({ roomId });

  const after = await scrape(app.gateway);
  const grew = (name: string, labels: Record<string, string> = {}) =>
    (after.value(name, labels) ?? 0) - (before.value(name, labels) ?? 0);
  expect(grew("veza_chat_events_total", { kind: "messageSent" })).toBe(2);
  expect(grew("veza_chat_events_total", { kind: "messageEdited" })).toBe(1);
  expect(grew("veza_chat_events_total", { kind: "messageDeleted" })).toBe(1);
  expect(grew("veza_follow_delivered_total", chat)).toBe(8);
  expect(grew("veza_follow_reads_total", { ...chat, from: "memory" })).toBeGreaterThan(0);
  expect(after.value("veza_follow_lag", chat)).toBe(0);
  expect(grew("veza_bus_published_total", { subject: "chat.room" })).toBe(4);
  expect(grew("veza_bus_received_total", { subject: "chat.room" })).toBe(4);
  expect(after.value("veza_bus_connected")).toBe(1);
  // What the service does by itself writes too.
  expect(grew("db_client_operation_duration_seconds_count", { db_operation_name: "write" })).toBeGreaterThanOrEqual(4);
  expect(grew("db_client_operation_duration_seconds_count", { db_operation_name: "read" })).toBeGreaterThan(0);
  expect(after.value("veza_database_writes_waiting")).toBe(0);

  for (const tape of tapes) tape.stop();
  await metric(app, "veza_follow_followers", chat).toBe(0);
});

test("who comes back with a cursor is served by the store, and a session that ends closes the stream", async () => {
  const app = await house();
  const alice = await person(app, "alice");
  const { room } = await alice.chat.createRoom({ name: "a", type: RoomType.PUBLIC });
  const roomId = room?.id ?? "";
  await alice.chat.sendMessage({ roomId, content: "one" });
  const frames = alice.chat.subscribeToChatEvents({ cursors: [{ roomId, afterSequence: 1n }] });
  const closing = (async () => {
    for await (const { frame } of frames) {
      if (frame.case === "caughtUp") void alice.auth.logout({});
      if (frame.case === "closing") return;
    }
  })();
  await closing;
  const found = await scrape(app.gateway);
  expect(found.value("veza_follow_reads_total", { feed: "chat", from: "store" })).toBe(1);
  expect(found.value("veza_follow_closed_total", { feed: "chat", reason: "SESSION_ENDED" })).toBe(1);
});

test("attempts to sign in, by how they went", async () => {
  const app = await house();
  await person(app, "alice");
  const { auth } = clientsOf(app.gateway);
  await auth.login({ login: "alice", password: "correct horse battery" });
  await expect(auth.login({ login: "alice", password: "wrong horse battery" })).rejects.toThrow();
  const found = await scrape(app.gateway);
  const name = "veza_auth_sign_ins_total";
  expect(found.value(name, { way: "register", outcome: "OK" })).toBe(1);
  expect(found.value(name, { way: "login", outcome: "OK" })).toBe(1);
  expect(found.value(name, { way: "login", outcome: "BAD_CREDENTIALS" })).toBe(1);
});

test("files that come in and are fetched", async () => {
  const app = await house();
  const alice = await person(app, "alice");
  const authorization = `Bearer ${alice.accessToken}`;
  const answer = await fetch(`${app.gateway}/files`, {
    method: "POST",
    headers: { authorization, "content-type": "text/plain" },
    body: "words",
  });
  expect(answer.ok).toBe(true);
  const found = await scrape(app.gateway);
  expect(found.value("veza_files_received_bytes_total")).toBe(5);
  const count = "veza_files_operation_duration_seconds_count";
  expect(found.value(count, { operation: "receive", outcome: "ok" })).toBe(1);
  expect(found.value(count, { operation: "keep", outcome: "ok" })).toBe(1);
});

test("connections, by port and version of HTTP", async () => {
  const app = await house();
  await person(app, "alice");
  const found = await scrape(app.chat);
  const name = "veza_port_connections";
  expect(found.value(name, { port: "gateway", protocol: "h2" })).toBeGreaterThanOrEqual(1);
  expect(found.value(name, { port: "chat", protocol: "http/1.1" })).toBe(1);
});

test("sound: sources, listeners by what they get, recordings, and how the encoder keeps up", async () => {
  const app = await house();
  const alice = await person(app, "alice");
  const { stream, streamKey } = await alice.stream.createStream({ title: "a", visibility: StreamVisibility.PUBLIC });
  const streamId = stream?.id ?? "";
  const source = icecastSource(app.gateway, { path: `/live/${streamId}`, key: streamKey });
  await source.says("200 OK");
  let sent = 0;
  const sending = setInterval(() => {
    source.send(countingFrames(sent, 4));
    sent += 4;
  }, 4 * frameMs);
  onTestFinished(() => clearInterval(sending));

  await metric(app, "veza_stream_sources").toBe(1);
  expect((await scrape(app.gateway)).value("veza_stream_on_air")).toBe(1);
  {
    await using player = await play(`${app.gateway}/listen/${streamId}.ogg?quality=low`);
    await using tape = listenTo(alice, { streamId, preferredQuality: AudioQuality.MEDIUM });
    await tape.until("sound", (frames) => frames.some(({ case: kind }) => kind === "packets"));
    await player.atLeast(100);
    await metric(app, "veza_stream_listeners", { via: "http", quality: "low" }).toBe(1);
    await metric(app, "veza_stream_listeners", { via: "rpc", quality: "medium" }).toBe(1);
    const { recording } = await alice.stream.startRecording({ streamId, title: "a" });
    await metric(app, "veza_stream_recording").toBe(1);
    await alice.stream.stopRecording({ recordingId: recording?.id ?? "" });
  }
  await metric(app, "veza_stream_recording").toBe(0);
  await metric(app, "veza_stream_recordings_total", { outcome: "completed" }).toBe(1);
  await metric(app, "veza_stream_listeners").toBe(0);
  const found = await scrape(app.gateway);
  expect(found.value("veza_stream_encoder_lag_seconds")).toBeGreaterThanOrEqual(0);
  expect(found.value("veza_stream_dropped_packets_total", { cause: "encoder" })).toBe(0);
  expect(found.value("veza_stream_events_total", { kind: "recordingStarted" })).toBe(1);

  clearInterval(sending);
  source.drop();
  await metric(app, "veza_stream_sources").toBe(0);
});
