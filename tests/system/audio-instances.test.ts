import { describe, expect, test } from "vitest";
import { StreamStatus } from "#gen/veza/stream/v1/stream_pb.ts";
import { limits } from "#src/platform/limits.ts";
import { keepSending } from "../kit/broadcast.ts";
import { createTestClock } from "../kit/clock.ts";
import { clusterInProcess } from "../kit/cluster.ts";
import { icecastSource } from "../kit/icecast-source.ts";
import { clientsOf, person } from "../kit/people.ts";
import { instancesSuite } from "./audio/instances-suite.ts";

describe("instances in one process", () => instancesSuite(() => clusterInProcess()));

test("a stream whose instance died, and whose source comes to no other, ends in its time, once", async () => {
  const clock = createTestClock();
  await using cluster = await clusterInProcess(clock);
  const [a, b, c] = [await cluster.join(), await cluster.join(), await cluster.join()];
  const streamer = await person(a, "streamer");
  const { stream, streamKey } = await streamer.stream.createStream({ title: "Gone" });
  const streamId = stream?.id ?? "";
  const source = icecastSource(a.gateway, { path: `/live/${streamId}`, key: streamKey });
  await source.says("200 OK");
  await a.kill();
  const at = clientsOf(b.gateway, streamer.accessToken).stream;
  const info = async () => (await at.getStreamInfo({ streamId })).stream;
  // Long enough for the others to notice, by their own clocks.
  await new Promise((resolve) => setTimeout(resolve, 2 * limits.stream.instanceSilentMs));
  expect(await info()).toMatchObject({ status: StreamStatus.LIVE, hasSource: false });
  clock.advance(limits.live.sourceReturnMs + 1000);
  await expect.poll(async () => (await info())?.status, { timeout: 10_000 }).toBe(StreamStatus.ENDED);
  const ends: string[] = [];
  const stop = new AbortController();
  const events = clientsOf(c.gateway, streamer.accessToken).stream.subscribeToStreamEvents(
    { streamId, afterSequence: 0n },
    { signal: stop.signal },
  );
  for await (const { frame } of events) {
    if (frame.case === "event") ends.push(frame.value.payload.case ?? "");
    if (ends.includes("ended")) break;
  }
  stop.abort();
  expect(ends.filter((each) => each === "ended")).toHaveLength(1);
});

test("an instance that has not heard that its source went elsewhere does not end the stream there", async () => {
  const clock = createTestClock();
  await using cluster = await clusterInProcess(clock);
  const [a, b] = [await cluster.join(), await cluster.join()];
  const streamer = await person(b, "streamer");
  const { stream, streamKey } = await streamer.stream.createStream({ title: "Moved" });
  const streamId = stream?.id ?? "";
  const mount = { path: `/live/${streamId}`, key: streamKey };
  const first = icecastSource(a.gateway, mount);
  await first.says("200 OK");
  const info = async () => (await streamer.stream.getStreamInfo({ streamId })).stream;
  const sounding = keepSending(first.send);
  await expect.poll(async () => (await info())?.hasSource).toBe(true);
  sounding.stop();
  first.drop();
  await expect.poll(async () => (await info())?.hasSource).toBe(false);
  a.deafen?.();
  const second = icecastSource(b.gateway, mount);
  await second.says("200 OK");
  const soundingAgain = keepSending(second.send);
  await expect.poll(async () => (await info())?.hasSource).toBe(true);
  // The first waits for its source no longer.
  clock.advance(limits.live.sourceReturnMs + 1000);
  await new Promise((resolve) => setTimeout(resolve, 10 * limits.live.tickMs));
  expect(await info()).toMatchObject({ status: StreamStatus.LIVE, hasSource: true });
  soundingAgain.stop();
  second.drop();
});
