import { describe, expect, test } from "vitest";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { isSourceRequest } from "#src/net/source-requests.ts";
import { wantedRange } from "#src/platform/http/ranges.ts";
import type { StreamId } from "#src/platform/ids.ts";
import { limits } from "#src/platform/limits.ts";
import { autoQuality, autoStart } from "#src/stream/live/auto-quality.ts";
import { sourceKey } from "#src/stream/live/credentials.ts";
import { IcyTitles, titleLine } from "#src/stream/live/icy.ts";
import { createLeases } from "#src/stream/live/lease.ts";
import { songOf } from "#src/stream/live/metadata.ts";
import { createPace } from "#src/stream/live/pace.ts";
import { nearest, qualityOfBitrate } from "#src/stream/live/renditions.ts";
import { Ring } from "#src/stream/live/ring.ts";
import { containerOf, streamOfMount } from "#src/stream/live/source-address.ts";
import { createTestClock } from "../kit/clock.ts";

const { LOW, MEDIUM, HIGH, ULTRA } = AudioQuality;
const all = [LOW, MEDIUM, HIGH, ULTRA] as const;
const stream = "01890000-0000-7000-8000-000000000001" as StreamId;

describe("the lease of a stream", () => {
  test("one source at a time; who drops has its place kept for 15 s and no longer", () => {
    const clock = createTestClock();
    const leases = createLeases({ clock });
    const first = leases.take(stream, () => undefined);
    expect(() => leases.take(stream, () => undefined)).toThrow("another source");
    first.drop();
    expect(first.isHeld).toBe(false);
    clock.advance(14_000);
    expect(leases.expired()).toEqual([]);
    const second = leases.take(stream, () => undefined);
    first.drop();
    first.release();
    expect(second.isHeld).toBe(true);
    second.drop();
    clock.advance(15_001);
    expect(leases.expired()).toEqual([stream]);
    expect(leases.expired()).toEqual([]);
  });

  test("who says that it is done is not waited for, and who is told off knows it", () => {
    const leases = createLeases({ clock: createTestClock() });
    leases.take(stream, () => undefined).release();
    expect(leases.expired()).toEqual([stream]);
    let lost = 0;
    const lease = leases.take(stream, () => {
      lost += 1;
    });
    leases.revoke(stream);
    expect([lost, lease.isHeld]).toEqual([1, false]);
    lease.drop();
    expect(leases.expired()).toEqual([]);
  });
});

test("a source is read ahead of the time by a bounded amount", () => {
  let now = 1000;
  const pace = createPace(() => now);
  expect(pace.came(limits.live.sourceAheadMs)).toBe(0);
  expect(pace.came(500)).toBe(500);
  now += 500;
  expect(pace.came(0)).toBe(0);
  // A long silence earns nothing.
  now += 60_000;
  expect(pace.came(limits.live.sourceAheadMs + 1)).toBe(1);
});

describe("AUTO", () => {
  const well = { bufferedMs: 1000, underruns: 0 };
  test("steps down at once when a player ran dry, and never below the lowest", () => {
    const { quality, state } = autoQuality(autoStart, { bufferedMs: 0, underruns: 1 }, HIGH, all, 0);
    expect(quality).toBe(MEDIUM);
    expect(autoQuality(state, { bufferedMs: 0, underruns: 1 }, MEDIUM, all, 1).quality).toBe(MEDIUM);
    expect(autoQuality(state, { bufferedMs: 0, underruns: 2 }, LOW, all, 1).quality).toBe(LOW);
  });
  test("steps up slowly, one at a time, and later after it had to step down", () => {
    let { state, quality } = autoQuality(autoStart, well, LOW, all, 0);
    expect(quality).toBe(LOW);
    ({ state, quality } = autoQuality(state, well, LOW, all, limits.live.autoRiseMs));
    expect(quality).toBe(MEDIUM);
    ({ state, quality } = autoQuality(state, { bufferedMs: 0, underruns: 1 }, MEDIUM, all, 30_000));
    ({ state, quality } = autoQuality(state, { ...well, underruns: 1 }, LOW, all, 31_000));
    ({ state, quality } = autoQuality(state, { ...well, underruns: 1 }, LOW, all, 31_000 + limits.live.autoRiseMs));
    expect(quality).toBe(LOW);
    ({ quality } = autoQuality(state, { ...well, underruns: 1 }, LOW, all, 30_000 + limits.live.autoHoldMs));
    expect(quality).toBe(MEDIUM);
  });
});

test("qualities: the nearest that there is, and the lowest that loses nothing", () => {
  expect(nearest(HIGH, all)).toBe(HIGH);
  expect(nearest(ULTRA, [LOW, MEDIUM])).toBe(MEDIUM);
  expect(nearest(LOW, [HIGH])).toBe(HIGH);
  expect(nearest(LOW, [])).toBe(undefined);
  expect([0, 32_000, 64_000, 130_000, 192_000, 320_000, 900_000].map(qualityOfBitrate)).toEqual([
    ULTRA,
    LOW,
    LOW,
    MEDIUM,
    HIGH,
    ULTRA,
    ULTRA,
  ]);
});

test("ranges of a file, as RFC 9110 §14 has them", () => {
  const cases: [string | undefined, ReturnType<typeof wantedRange>][] = [
    [undefined, "all"],
    ["bytes=0-", { from: 0, to: 99 }],
    ["bytes=10-19", { from: 10, to: 19 }],
    ["bytes=90-1000", { from: 90, to: 99 }],
    ["bytes=-10", { from: 90, to: 99 }],
    ["bytes=-1000", { from: 0, to: 99 }],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=20-10", "all"],
    ["bytes=-", "all"],
    ["bytes=0-1,5-6", "all"],
    ["frames=0-1", "all"],
  ];
  for (const [header, range] of cases) expect(wantedRange(header, 100), header).toEqual(range);
});

test("a ring keeps the last seconds, by number", () => {
  const ring = new Ring<{ sequence: number; duration: number }>(100);
  expect([ring.since(50), ring.newest, ring.from(0)]).toEqual([undefined, undefined, []]);
  for (let sequence = 0; sequence < 1000; sequence += 1) {
    // Number 997 is missing.
    if (sequence !== 997) ring.add({ sequence, duration: 960 });
  }
  ring.add({ sequence: 5, duration: 960 });
  expect(ring.from(0).map(({ sequence }) => sequence)).toEqual([994, 995, 996, 998, 999]);
  expect([ring.oldest?.sequence, ring.newest?.sequence, ring.since(40), ring.since(1000)]).toEqual([
    994, 999, 998, 994,
  ]);
  expect([ring.has(997), ring.has(998), ring.msFrom(997), ring.msFrom(2000)]).toEqual([false, true, 40, 0]);
  expect(ring.from(997, 20).map(({ sequence }) => sequence)).toEqual([998]);
});

describe("sources of the Icecast protocol", () => {
  test("are known by their first bytes, however they are cut", () => {
    const put = (headers: string) => `PUT /live/x HTTP/1.1\r\nhost: x\r\n${headers}\r\n`;
    const cases: [string, boolean][] = [
      ["SOURCE /live/x HTTP/1.0\r\n", true],
      [put(""), true],
      [put("Content-Length: 5\r\n"), false],
      [put("transfer-encoding: chunked\r\n"), false],
      [put("x-content-length: 5\r\n"), true],
      ["PUT /files HTTP/1.1\r\n\r\n", false],
      ["POST /live/x HTTP/1.1\r\n\r\n", false],
      ["GET / HTTP/1.1\r\n\r\n", false],
      [`PUT /live/${"x".repeat(20_000)}`, false],
    ];
    for (const [text, expected] of cases) {
      expect(isSourceRequest(Buffer.from(text)), text.slice(0, 60)).toBe(expected);
      const found: boolean[] = [];
      for (let end = 1; end <= Math.min(text.length, 200); end += 1) {
        const early = isSourceRequest(Buffer.from(text.slice(0, end)));
        if (early !== undefined) found.push(early);
      }
      expect(new Set(found).size, text.slice(0, 60)).toBeLessThanOrEqual(1);
    }
  });

  test("name their stream, key and type", () => {
    expect(streamOfMount(`/live/${stream}?x=1`)).toBe(stream);
    expect(streamOfMount(`/live/${stream.toUpperCase()}`)).toBe(stream);
    expect([streamOfMount(`/live/${stream}/x`), streamOfMount("/live/1")]).toEqual([undefined, undefined]);
    const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
    expect([
      sourceKey(basic("source:a:b")),
      sourceKey(basic("admin:a")),
      sourceKey("Bearer x"),
      sourceKey(undefined),
    ]).toEqual(["a:b", undefined, undefined, undefined]);
    expect(containerOf("application/ogg; codecs=opus")).toBe("ogg");
    expect(containerOf(undefined)).toBe("any");
    expect([containerOf("audio/aac"), containerOf("text/html")]).toEqual([undefined, undefined]);
  });

  test("say what is playing", () => {
    expect(songOf(new URLSearchParams("song=A - B - C"))).toEqual({ artist: "A", currentTrack: "B - C" });
    expect(songOf(new URLSearchParams("song=Only"))).toEqual({ artist: "", currentTrack: "Only" });
    expect(songOf(new URLSearchParams("title=T&artist=A"))).toEqual({ artist: "A", currentTrack: "T" });
    expect(songOf(new URLSearchParams("mode=updinfo"))).toEqual({});
  });
});

test("ICY titles come between the sound and change nothing of it", () => {
  const titles = new IcyTitles();
  titles.title("It's on");
  const sound = Buffer.from(Array.from({ length: limits.live.icyMetaBytes * 3 + 100 }, (_, at) => at & 0xff));
  const out: Buffer[] = [];
  for (let at = 0; at < sound.length; at += 1111)
    titles.write(sound.subarray(at, at + 1111), (part) => out.push(Buffer.from(part)) > 0);
  const bytes = Buffer.concat(out);
  const heard: Buffer[] = [];
  const said: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    heard.push(bytes.subarray(at, at + limits.live.icyMetaBytes));
    at += limits.live.icyMetaBytes;
    if (at >= bytes.length) break;
    const length = (bytes[at] as number) * 16;
    said.push(bytes.toString("utf8", at + 1, at + 1 + length).replace(/\0+$/, ""));
    at += 1 + length;
  }
  expect(Buffer.concat(heard).equals(sound)).toBe(true);
  expect(said).toEqual(["StreamTitle='It’s on';", "", ""]);
  const metadata = { currentTrack: "T", artist: "A", album: "", genre: "", customFields: {} };
  expect(titleLine({ title: "S", metadata })).toBe("A - T");
  expect(titleLine({ title: "S", metadata: { ...metadata, artist: "", currentTrack: "" } })).toBe("S");
});
