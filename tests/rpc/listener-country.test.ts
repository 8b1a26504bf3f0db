import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { startApp } from "../kit/app.ts";
import { person } from "../kit/people.ts";

test.each([
  { trusted: "127.0.0.1", seen: "NL" },
  { trusted: "192.0.2.7", seen: "unknown" },
])("a country is believed when the proxy is trusted ($trusted): $seen", async ({ trusted, seen }) => {
  await using app = await startApp({ env: { VEZA_TRUSTED_PROXIES: trusted } });
  const streamer = await person(app, "streamer");
  const listener = await person(app, "listener");
  const { stream } = await streamer.stream.createStream({ title: "somewhere" });
  const streamId = stream?.id ?? "";
  await streamer.stream.startStream({ streamId });
  const beganAt = Date.now() - 1000;
  const { listenerId } = await listener.stream.joinStream({ streamId }, { headers: { "cf-ipcountry": "nl" } });
  await listener.stream.leaveStream({ streamId, listenerId });
  const { analytics } = await streamer.stream.getStreamAnalytics({
    streamId,
    startAt: timestampFromMs(beganAt),
    endAt: timestampFromMs(Date.now() + 1000),
  });
  expect(analytics?.locationDistribution.map(({ location }) => location)).toEqual([seen]);
});
