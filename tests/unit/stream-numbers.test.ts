import { describe, expect, it } from "vitest";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import type { ListenerId, StreamId } from "#src/platform/ids.ts";
import type { Rendition } from "#src/stream/live-port.ts";
import { addUp, type Numbers, type TimeWindow } from "#src/stream/numbers.ts";
import type { SessionFacts, Span } from "#src/stream/store/listener-store.ts";

const { LOW, MEDIUM, HIGH, ULTRA } = AudioQuality;
const second = 1000;
const hour = 3600 * second;
const streamId = "s" as StreamId;

/** mulberry32: the same numbers for the same seed. */
function dice(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { below: (limit: number) => Math.floor(next() * limit), next };
}

/** Sessions on whole seconds, with sound in spans of a second for each second. */
function randomListening(seed: number) {
  const roll = dice(seed);
  const start = Date.UTC(2026, 0, 15, 10) + roll.below(3600) * second;
  const length = 4 * hour;
  const sessions: SessionFacts[] = [];
  const spans: Span[] = [];
  for (let index = 0; index < 40; index += 1) {
    const joinedAt = start + roll.below(length / second) * second;
    const stays = roll.below(5400) * second;
    const leftAt = roll.below(8) === 0 ? undefined : joinedAt + stays;
    const listener = {
      id: `l${String(index).padStart(3, "0")}` as ListenerId,
      person: roll.below(3) === 0 ? `anonymous ${index}` : `user ${roll.below(12)}`,
      country: ["", "DE", "FR", "JP"][roll.below(4)] as string,
      joinedAt,
      leftAt,
    };
    sessions.push(listener);
    let at = joinedAt;
    const end = leftAt ?? start + length;
    for (let number = 0; at < end; number += 1) {
      at += roll.below(60) * second;
      const toAt = Math.min(end, at + (1 + roll.below(900)) * second);
      if (toAt <= at) break;
      const quality = [LOW, MEDIUM, HIGH, ULTRA][roll.below(4)] as Rendition;
      spans.push({ listenerId: listener.id, number, streamId, quality, fromAt: at, toAt, ms: toAt - at });
      at = toAt;
    }
  }
  const from = start + roll.below(7200) * second;
  const to = from + (1 + roll.below(7200)) * second;
  return { sessions, spans, window: { from, to } };
}

/** The same numbers by walking through the time, second by second. */
function bySecond(sessions: readonly SessionFacts[], spans: readonly Span[], { from, to }: TimeWindow): Numbers {
  const persons = new Set<string>();
  const came = new Set<string>();
  const qualities = new Map<Rendition, number>();
  const hours = new Map<number, { persons: Set<string>; ms: number }>();
  let maxConcurrent = 0;
  let listenMs = 0;
  const hourAt = (at: number) => {
    const key = Math.floor(at / hour) * hour;
    const found = hours.get(key) ?? { persons: new Set<string>(), ms: 0 };
    hours.set(key, found);
    return found;
  };
  for (let at = from; at < to; at += second) {
    const there = sessions.filter((each) => each.joinedAt <= at && (each.leftAt === undefined || each.leftAt > at));
    const momentary = sessions.filter((each) => each.joinedAt === at);
    for (const each of [...there, ...momentary]) {
      persons.add(each.person);
      came.add(each.id);
      hourAt(at).persons.add(each.person);
    }
    maxConcurrent = Math.max(maxConcurrent, there.length);
    for (const span of spans) {
      if (span.fromAt > at || span.toAt <= at) continue;
      listenMs += second;
      qualities.set(span.quality, (qualities.get(span.quality) ?? 0) + second);
      hourAt(at).ms += second;
    }
  }
  const places = new Map<string, number>();
  for (const person of persons) {
    const last = sessions
      .filter((each) => each.person === person && came.has(each.id))
      .sort((a, b) => a.joinedAt - b.joinedAt || (a.id < b.id ? -1 : 1))
      .at(-1);
    const place = last?.country || "unknown";
    places.set(place, (places.get(place) ?? 0) + 1);
  }
  return {
    sessions: came.size,
    uniqueListeners: persons.size,
    maxConcurrent,
    listenMs,
    qualities: [...qualities]
      .map(([quality, ms]) => ({ quality, ms }))
      .sort((a, b) => b.ms - a.ms || a.quality - b.quality),
    locations: [...places]
      .map(([location, listeners]) => ({ location, listeners }))
      .sort((a, b) => b.listeners - a.listeners || (a.location < b.location ? -1 : 1)),
    hours: [...hours]
      .sort(([a], [b]) => a - b)
      .map(([at, each]) => ({ at, listeners: each.persons.size, ms: each.ms })),
  };
}

function rounded(numbers: Numbers): Numbers {
  return {
    ...numbers,
    listenMs: Math.round(numbers.listenMs),
    qualities: numbers.qualities.map((each) => ({ ...each, ms: Math.round(each.ms) })),
    hours: numbers.hours.map((each) => ({ ...each, ms: Math.round(each.ms) })),
  };
}

describe("what listening adds up to", () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))("is what walking through it finds, seed %i", (seed) => {
    const { sessions, spans, window } = randomListening(seed);
    expect(rounded(addUp(sessions, spans, window))).toEqual(bySecond(sessions, spans, window));
  });

  it("of nothing is nothing", () => {
    expect(addUp([], [], { from: 0, to: hour })).toEqual({
      sessions: 0,
      uniqueListeners: 0,
      maxConcurrent: 0,
      listenMs: 0,
      qualities: [],
      locations: [],
      hours: [],
    });
  });

  it("counts sound that came faster than it plays by how much it was", () => {
    const session = { id: "a" as ListenerId, person: "a", country: "", joinedAt: 0, leftAt: 10 * second };
    const burst = { listenerId: session.id, number: 0, streamId, quality: LOW, fromAt: 0, toAt: 1, ms: 2000 };
    expect(addUp([session], [burst], { from: 0, to: hour }).listenMs).toBe(2000);
  });
});
