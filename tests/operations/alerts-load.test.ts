import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { countingFrames, frameMs } from "../kit/counting-mp3.ts";
import { icecastSource } from "../kit/icecast-source.ts";
import { clientsOf, type Person, person } from "../kit/people.ts";
import { expectAlerts, type Prometheus, startPrometheus, withoutPrometheus } from "../kit/prometheus.ts";

/** What a machine that is busy with other things raises by itself. */
const busy = new Set(["VezaEventLoopLate", "VezaCallsSlow", "VezaDatabaseSlow"]);

describe.skipIf(withoutPrometheus)("alerts of a process under load", () => {
  let app: TestApp;
  let prometheus: Prometheus;
  let alice: Person;

  beforeAll(async () => {
    app = await startApp();
    alice = await person(app, "alice");
    prometheus = await startPrometheus([app.gateway]);
  });
  afterAll(async () => {
    await prometheus?.[Symbol.asyncDispose]();
    await app?.[Symbol.asyncDispose]();
  });

  test("none while all is well", async () => {
    await expect
      .poll(async () => (await prometheus.query("up")).map(({ value }) => value), { timeout: 20_000 })
      .toEqual([1]);
    expect([...(await prometheus.firing())].filter((name) => !busy.has(name))).toEqual([]);
  });

  test("an event loop that stands still", async () => {
    const standing = setInterval(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400), 450);
    try {
      await expectAlerts(prometheus, ["VezaEventLoopLate"]);
    } finally {
      clearInterval(standing);
    }
  });

  test("passwords that are guessed", async () => {
    const { auth } = clientsOf(app.gateway);
    const guessing = setInterval(() => {
      auth.login({ login: "alice", password: "a guess, and wrong" }).catch(() => undefined);
    }, 100);
    try {
      await expectAlerts(prometheus, ["VezaPasswordsGuessed"]);
    } finally {
      clearInterval(guessing);
    }
  });

  test("a database that takes nothing: writes wait, calls are slow", async () => {
    const { room } = await alice.chat.createRoom({ name: "a", type: RoomType.PUBLIC });
    const roomId = room?.id ?? "";
    // Of a series that begins with a thousand, Prometheus does not know that there was none before.
    await alice.chat.sendMessage({ roomId, content: "at once" });
    const known = `rpc_server_call_duration_seconds_count{rpc_method=~".*SendMessage"}`;
    await expect.poll(async () => (await prometheus.query(known)).length, { timeout: 20_000 }).toBe(1);

    const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
    const { database } = app.app.platform;
    const held = database.write(() => goesOn);
    const waiting = Array.from({ length: 2500 }, () => database.write(async () => undefined));
    const sends = Array.from({ length: 20 }, () => alice.chat.sendMessage({ roomId, content: "at last" }));
    await Promise.all([expectAlerts(prometheus, ["VezaWritesWait"]), sleep(1500)]);
    goOn();
    await Promise.all([held, ...waiting, ...sends]);
    await expectAlerts(prometheus, ["VezaDatabaseSlow", "VezaCallsSlow"]);
  });

  test("a recording that cannot be written", async () => {
    const { stream, streamKey } = await alice.stream.createStream({ title: "a", visibility: StreamVisibility.PUBLIC });
    const streamId = stream?.id ?? "";
    const source = icecastSource(app.gateway, { path: `/live/${streamId}`, key: streamKey });
    await source.says("200 OK");
    const sending = setInterval(() => source.send(countingFrames(0, 4)), 4 * frameMs);
    const recordings = join(app.dataDir, "recordings");
    await rm(recordings, { recursive: true, force: true });
    await writeFile(recordings, "no folder");
    try {
      await alice.stream.startRecording({ streamId, title: "a" }).catch(() => undefined);
      await expectAlerts(prometheus, ["VezaRecordingFailed"]);
    } finally {
      clearInterval(sending);
      source.drop();
    }
  });
});
