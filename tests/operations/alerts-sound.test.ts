import { connect } from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createOggMuxer } from "#src/stream/audio/index.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { type IcecastSource, icecastSource } from "../kit/icecast-source.ts";
import { play } from "../kit/listener.ts";
import { type Person, person } from "../kit/people.ts";
import { expectAlerts, type Prometheus, startPrometheus, withoutPrometheus } from "../kit/prometheus.ts";
import { opusPackets, seeded } from "../system/audio/sound.ts";

// A source may be as far ahead of the time as it likes.
vi.mock(import("../../src/platform/limits.ts"), async (original) => {
  const { limits } = await original();
  return { limits: { ...limits, live: { ...limits.live, sourceAheadMs: 3_600_000 } } } as never;
});

describe.skipIf(withoutPrometheus)("alerts of sound that is left out", () => {
  let app: TestApp;
  let prometheus: Prometheus;
  let alice: Person;
  let streamId: string;
  let source: IcecastSource;
  let sendSecond: () => void;

  beforeAll(async () => {
    app = await startApp();
    alice = await person(app, "alice");
    prometheus = await startPrometheus([app.gateway]);
  });
  afterAll(async () => {
    await prometheus?.[Symbol.asyncDispose]();
    await app?.[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    const { stream, streamKey } = await alice.stream.createStream({ title: "In a hurry" });
    streamId = stream?.id ?? "";
    source = icecastSource(app.gateway, { path: `/live/${streamId}`, key: streamKey, contentType: "application/ogg" });
    await source.says("200 OK");
    sendSecond = noise(source.send);
    sendSecond();
  });
  afterEach(() => source.drop());

  const dropped = async (cause: string) =>
    (await prometheus.query(`ALERTS{alertname="VezaSoundDropped",alertstate="firing",cause="${cause}"}`)).length;

  test("by a listener that took nothing for some time", async () => {
    // Five times as fast as it plays: what is in buffers on the way is full soon.
    const sending = setInterval(sendSecond, 200);
    onTestFinished(() => clearInterval(sending));
    const session = connect(app.gateway, { settings: { initialWindowSize: 16 * 1024 } });
    onTestFinished(() => session.destroy());
    const player = session.request({ ":path": `/listen/${streamId}.ogg` });
    let bytes = 0;
    player.on("data", (part: Buffer) => {
      bytes += part.length;
    });
    await vi.waitFor(() => expect(bytes).toBeGreaterThan(50_000), { timeout: 10_000 });
    player.pause();
    await sleep(6000);
    expect(await dropped("listener")).toBe(0);
    player.resume();
    await expect.poll(() => dropped("listener"), { timeout: 20_000 }).toBe(1);
  });

  test("by an encoder that the source is too fast for", async () => {
    await using players = new AsyncDisposableStack();
    for (const quality of ["low", "medium"])
      players.use(await play(`${app.gateway}/listen/${streamId}.ogg?quality=${quality}`));
    // It begins with a second at once, which takes a busy machine some time.
    await expect
      .poll(() => prometheus.firing(), { timeout: 20_000 })
      .toSatisfy((alerts: Set<string>) => !alerts.has("VezaEncoderBehind") && !alerts.has("VezaSoundDropped"));
    // Two hundred times as fast as it plays.
    const sending = setInterval(() => {
      for (let seconds = 0; seconds < 10; seconds += 1) sendSecond();
    }, 50);
    onTestFinished(() => clearInterval(sending));
    await Promise.all([
      expectAlerts(prometheus, ["VezaEncoderBehind", "VezaSoundDropped"]),
      expect.poll(() => dropped("encoder"), { timeout: 20_000 }).toBe(1),
    ]);
  });
});

/** Sends a second of noise, which takes as many bits as it may, each time. */
function noise(send: (bytes: Uint8Array) => void): () => void {
  const random = seeded(7);
  const pcm = Int16Array.from({ length: 48_000 * 2 }, () => (random() - 0.5) * 30_000);
  const sound = opusPackets(pcm, 320_000);
  const muxer = createOggMuxer(7);
  send(muxer.header);
  let sequence = 0;
  return () => {
    for (let from = 0; from < sound.length; from += 5) {
      const page = sound.slice(from, from + 5).map((packet) => {
        const numbered = { ...packet, sequence, pts: sequence * 960 };
        sequence += 1;
        return numbered;
      });
      for (const { bytes } of muxer.push(page)) send(bytes);
    }
  };
}
