import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import { countedFrames, countingFrames, frameMs } from "../kit/counting-mp3.ts";
import { basic, icecastSource } from "../kit/icecast-source.ts";
import { listenTo, packetsOf, play } from "../kit/listener.ts";
import { type Parts, startParts, untilHealthy } from "../kit/parts.ts";
import { type Person, person } from "../kit/people.ts";

describe("sound and files through a gateway that has neither", () => {
  let parts: Parts;
  let alice: Person;
  beforeAll(async () => {
    parts = await startParts();
    await untilHealthy(parts);
    alice = await person(parts, "alice");
  });
  afterAll(() => parts[Symbol.asyncDispose]());

  /** A stream with a source of raw Icecast that sends at the pace of the sound. */
  async function onAir() {
    const { stream, streamKey } = await alice.stream.createStream({
      title: "On air",
      visibility: StreamVisibility.PUBLIC,
    });
    const id = stream?.id ?? "";
    const source = icecastSource(parts.gateway, { path: `/live/${id}`, key: streamKey });
    await source.says("200 OK");
    const startedAt = performance.now();
    let number = 0;
    const timer = setInterval(() => {
      const due = Math.floor((performance.now() - startedAt) / frameMs);
      if (due > number) source.send(countingFrames(number, due - number));
      number = Math.max(number, due);
    }, 20);
    return {
      id,
      source,
      key: streamKey,
      [Symbol.dispose]() {
        clearInterval(timer);
        source.drop();
      },
    };
  }

  test("a source is handed on, and is heard over HTTP and over RPC, without a byte lost", async () => {
    using mount = await onAir();
    await using player = await play(`${parts.gateway}/listen/${mount.id}.mp3`);
    expect([player.status, player.headers["content-type"]]).toEqual([200, "audio/mpeg"]);
    await using tape = listenTo(alice, { streamId: mount.id });
    const numbers = countedFrames(await player.atLeast(24_000));
    expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] as number) + at));
    await tape.until("sound", (frames) => packetsOf(frames).length > 50);

    const titled = await fetch(`${parts.gateway}/admin/metadata?mode=updinfo&mount=/live/${mount.id}&song=A+song`, {
      headers: { authorization: basic(mount.key) },
    });
    expect(titled.status).toBe(200);
    const { stream } = await alice.stream.getStreamInfo({ streamId: mount.id });
    expect(stream?.metadata?.currentTrack).toBe("A song");

    const { recording } = await alice.stream.startRecording({ streamId: mount.id, title: "Kept" });
    await player.atLeast(48_000);
    await alice.stream.stopRecording({ recordingId: recording?.id ?? "" });
    const url = `${parts.gateway}/recordings/${recording?.id}?token=${alice.accessToken}`;
    const part = await fetch(url, { headers: { range: "bytes=0-99" } });
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 100]);
    const head = await fetch(url, { method: "HEAD" });
    const whole = Buffer.from(await (await fetch(url)).arrayBuffer());
    expect(Number(head.headers.get("content-length"))).toBe(whole.length);

    await alice.stream.stopStream({ streamId: mount.id });
    await player.ended;
    await tape.ended;
    expect(tape.frames.at(-1)?.case).toBe("ended");
  });

  test("a source with a wrong key is told so", async () => {
    const { stream } = await alice.stream.createStream({ title: "Not so" });
    const source = icecastSource(parts.gateway, { path: `/live/${stream?.id}`, key: "wrong" });
    await source.says("401");
    await source.closed;
  });

  test("an attachment goes up and comes back", async () => {
    const { room } = await alice.chat.createRoom({ name: "Files", type: 1 });
    const bytes = Buffer.from("%PDF-1.7\n".padEnd(200_000, "x"));
    const authorization = `Bearer ${alice.accessToken}`;
    const sent = await fetch(`${parts.gateway}/files?room_id=${room?.id}`, {
      method: "POST",
      headers: { authorization, "content-type": "application/pdf" },
      body: bytes,
    });
    expect(sent.status).toBeLessThan(300);
    const { id } = (await sent.json()) as { id: string };
    const got = await fetch(`${parts.gateway}/files/${id}`, { headers: { authorization } });
    expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test("a gateway that stops lets its players and sources go at once", async () => {
    using mount = await onAir();
    await using player = await play(`${parts.gateway}/listen/${mount.id}.mp3`);
    await player.atLeast(20_000);
    const startedAt = performance.now();
    expect(await parts.gateways[0]?.end("SIGTERM")).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(8000);
    await player.ended;
    await mount.source.closed;
    await parts.gateways[0]?.start();
    await untilHealthy(parts);
  });

  test("when the part is killed, its players and sources are let go", async () => {
    using mount = await onAir();
    await using player = await play(`${parts.gateway}/listen/${mount.id}.mp3`);
    await player.atLeast(20_000);
    await parts.streams[0]?.end("SIGKILL");
    await player.ended;
    await mount.source.closed;
    expect((await fetch(`${parts.gateway}/listen/${mount.id}.mp3`)).status).toBe(503);
    await icecastSource(parts.gateway, { path: `/live/${mount.id}`, key: mount.key }).says("503");
  });
});
