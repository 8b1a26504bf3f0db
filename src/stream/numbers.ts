import type { Rendition } from "./live-port.ts";
import type { SessionFacts, Span } from "./store/listener-store.ts";

const hourMs = 60 * 60 * 1000;

/** What the listening of a time adds up to. Times are milliseconds. */
export interface Numbers {
  readonly sessions: number;
  readonly uniqueListeners: number;
  readonly maxConcurrent: number;
  readonly listenMs: number;
  /** How long was listened in each quality, the longest first. */
  readonly qualities: readonly { quality: Rendition; ms: number }[];
  /** How many different listeners each place had, the most first; `unknown` for those whose place is not known. */
  readonly locations: readonly { location: string; listeners: number }[];
  /** Only those in which somebody was there, in the order of time. */
  readonly hours: readonly { at: number; listeners: number; ms: number }[];
}

/** From `from` on, ending before `to`. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
}

/**
 * Adds up sessions and what was sent in them. Of what reaches over the window's ends, the part inside counts: the sound of
 * a span is taken to be spread evenly over it. Who has not left is there until the end.
 */
export function addUp(sessions: readonly SessionFacts[], spans: readonly Span[], window: TimeWindow): Numbers {
  const inside = sessions.filter(({ joinedAt, leftAt }) => {
    const stillThere = leftAt === undefined || leftAt > window.from;
    return joinedAt < window.to && (joinedAt >= window.from || stillThere);
  });
  const heard = spans.flatMap((span) => pieces(span, window));
  return {
    sessions: inside.length,
    uniqueListeners: new Set(inside.map(({ person }) => person)).size,
    maxConcurrent: maxConcurrent(inside, window),
    listenMs: sum(heard.map(({ ms }) => ms)),
    qualities: [...grouped(heard, ({ quality }) => quality)]
      .map(([quality, parts]) => ({ quality, ms: sum(parts.map(({ ms }) => ms)) }))
      .sort((a, b) => b.ms - a.ms || a.quality - b.quality),
    locations: locations(inside),
    hours: hours(inside, heard, window),
  };
}

/** A part of a span that lies in one hour of the window. */
interface Piece {
  readonly hour: number;
  readonly quality: Rendition;
  readonly ms: number;
}

function pieces({ fromAt, toAt, ms, quality }: Span, window: TimeWindow): Piece[] {
  const length = Math.max(1, toAt - fromAt);
  const from = Math.max(fromAt, window.from);
  const to = Math.min(fromAt + length, window.to);
  const found: Piece[] = [];
  for (let start = from; start < to; ) {
    const hour = hourOf(start);
    const end = Math.min(to, hour + hourMs);
    found.push({ hour, quality, ms: (ms * (end - start)) / length });
    start = end;
  }
  return found;
}

/** Who leaves at the moment in which another joins was not there at once with them. */
function maxConcurrent(sessions: readonly SessionFacts[], window: TimeWindow): number {
  const changes: { at: number; by: 1 | -1 }[] = [];
  for (const { joinedAt, leftAt } of sessions) {
    const from = Math.max(joinedAt, window.from);
    const to = Math.min(leftAt ?? window.to, window.to);
    if (to > from) changes.push({ at: from, by: 1 }, { at: to, by: -1 });
  }
  changes.sort((a, b) => a.at - b.at || a.by - b.by);
  let there = 0;
  let most = 0;
  for (const { by } of changes) {
    there += by;
    most = Math.max(most, there);
  }
  return most;
}

/** A listener counts once, where they were last. */
function locations(sessions: readonly SessionFacts[]): { location: string; listeners: number }[] {
  const last = new Map<string, SessionFacts>();
  for (const session of sessions) {
    const other = last.get(session.person);
    const isLater =
      other === undefined ||
      session.joinedAt > other.joinedAt ||
      (session.joinedAt === other.joinedAt && session.id > other.id);
    if (isLater) last.set(session.person, session);
  }
  return [...grouped([...last.values()], ({ country }) => (country === "" ? "unknown" : country))]
    .map(([location, found]) => ({ location, listeners: found.length }))
    .sort((a, b) => b.listeners - a.listeners || (a.location < b.location ? -1 : 1));
}

function hours(sessions: readonly SessionFacts[], heard: readonly Piece[], window: TimeWindow): Numbers["hours"] {
  const persons = new Map<number, Set<string>>();
  for (const { person, joinedAt, leftAt } of sessions) {
    const from = Math.max(joinedAt, window.from);
    const to = Math.max(from + 1, Math.min(leftAt ?? window.to, window.to));
    for (let hour = hourOf(from); hour < to; hour += hourMs) {
      const there = persons.get(hour);
      if (there === undefined) persons.set(hour, new Set([person]));
      else there.add(person);
    }
  }
  const sound = grouped(heard, ({ hour }) => hour);
  return [...new Set([...persons.keys(), ...sound.keys()])]
    .sort((a, b) => a - b)
    .map((at) => ({
      at,
      listeners: persons.get(at)?.size ?? 0,
      ms: sum((sound.get(at) ?? []).map(({ ms }) => ms)),
    }));
}

function hourOf(at: number): number {
  return at - (((at % hourMs) + hourMs) % hourMs);
}

function grouped<Item, Key>(items: readonly Item[], key: (item: Item) => Key): Map<Key, Item[]> {
  return Map.groupBy(items, key);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
