import { bounds } from "../bounds.ts";
import type { Level } from "../levels.ts";
import { type AudioPacket, gridSamples } from "../packet.ts";
import { codecOf, type Making, type Rendition } from "../rendition.ts";
import type { Ladder, LadderOptions } from "./ladder.ts";
import { bitrateOf, makingOf } from "./making.ts";
import { type Made, type Order, unpack } from "./messages.ts";
import { createRung, type Rung } from "./rung.ts";
import { createSourceSide } from "./source-side.ts";
import { createWork, type Work } from "./work.ts";

/** A worker, as a ladder sees it. */
export interface WorkerLink {
  /** False while it is given up, as it broke again and again. */
  readonly works: boolean;
  send(order: Order, transfer?: readonly ArrayBuffer[]): void;
  /** What is made for this number is told to `made`, until it is left. */
  enter(made: (made: Made) => void): number;
  leave(number: number): void;
}

/** A ladder, as its worker sees it. */
export interface WorkedLadder extends Ladder {
  /** The worker died, and all that it was making with it. */
  workerLost(): void;
  /** After it was given up there is one again. */
  workerBack(): void;
}

export function createSourceLadder(options: LadderOptions, link: WorkerLink): WorkedLadder {
  const rungs = new Map<Rendition, Rung>();
  const byTrack = new Map<number, Rung>();
  let tracks = 0;
  let levelsWanted = false;
  /** Levels before this sequence were told. */
  let nextLevel = 0;
  let work: { readonly number: number; readonly queue: Work } | undefined;
  let droppedBefore = 0;
  let damaged = 0;

  const source = createSourceSide(options.firstSequence ?? 0, {
    unit: (unit) => work?.queue.unit(unit),
    packet(packet) {
      for (const rung of rungs.values()) if (rung.making === "passthrough") pass(rung, [packet]);
    },
    changed: reconsider,
  });

  function pass(rung: Rung, packets: readonly AudioPacket[]): void {
    if (rung.ending === undefined) rung.send(packets);
    else rung.ending.held.push(...packets);
  }

  function reconsider(): void {
    let changed = false;
    for (const rung of rungs.values()) changed = settle(rung, source.sequence) || changed;
    rest();
    if (changed) options.changed?.();
  }

  /** Makes a rung as it is to be made now; `from` is the first sequence that it is to have when it begins. */
  function settle(rung: Rung, from: number): boolean {
    const making = rung.wanted === 0 ? "unavailable" : makingOf(rung.rendition, source, link.works);
    const before = rung.making;
    if (making === before) return false;
    rung.making = making;
    if (before === "encoded") endTrack(rung, making);
    if (making === "encoded") startTrack(rung, from);
    else if (making === "passthrough" && before === "unavailable") {
      pass(rung, source.recentPackets(from * gridSamples));
    }
    return true;
  }

  function startTrack(rung: Rung, from: number): void {
    if (work === undefined) startWork(from * gridSamples);
    if (work === undefined) return;
    tracks += 1;
    rung.track = tracks;
    rung.end = Math.max(rung.end, from * gridSamples);
    byTrack.set(tracks, rung);
    const { rendition } = rung;
    link.send({
      kind: "track",
      ladder: work.number,
      track: tracks,
      codec: codecOf(rendition),
      bitrate: bitrateOf(rendition),
      from,
    });
  }

  function endTrack(rung: Rung, next: Making): void {
    const { track } = rung;
    if (track === undefined || work === undefined) return;
    rung.track = undefined;
    const at = next === "passthrough" ? source.sequence : -1;
    if (at >= 0) rung.ending = { track, at, held: [] };
    else byTrack.delete(track);
    link.send({ kind: "end", ladder: work.number, track, at });
  }

  /** The worker is told of the source, and what is needed of it to begin at this time. */
  function startWork(from: number): void {
    const { format } = source;
    if (format === undefined || !link.works) return;
    const units = source.recentUnits(from - bounds.settleSamples);
    const number = link.enter(made);
    const queue = createWork(number, link.send);
    work = { number, queue };
    // The very first message, ahead of orders that do not wait in the queue.
    link.send({ kind: "begin", ladder: number, format, pts: units[0]?.pts ?? source.pts });
    if (levelsWanted) link.send({ kind: "levels", ladder: number, wanted: true });
    for (const unit of units) queue.unit(unit);
  }

  /** Leaves the worker alone when nothing is wanted of it. */
  function rest(): void {
    if (work === undefined || levelsWanted || byTrack.size > 0) return;
    link.send({ kind: "forget", ladder: work.number });
    leave();
  }

  function leave(): void {
    if (work === undefined) return;
    link.leave(work.number);
    droppedBefore += work.queue.dropped;
    work = undefined;
    byTrack.clear();
  }

  function made({ done, tracks: outputs, levels, damaged: more }: Made): void {
    damaged += more;
    work?.queue.done(done);
    for (const { track, packed, over } of outputs) {
      const rung = byTrack.get(track);
      if (rung === undefined) continue;
      const packets = unpack(packed);
      const until = rung.ending?.track === track ? rung.ending.at * gridSamples : Number.POSITIVE_INFINITY;
      rung.send(until === Number.POSITIVE_INFINITY ? packets : packets.filter(({ pts }) => pts < until));
      if (over) trackOver(track, rung);
    }
    if (levels.length > 0) tellLevels(levels);
    rest();
  }

  function trackOver(track: number, rung: Rung): void {
    byTrack.delete(track);
    if (rung.ending?.track !== track) return;
    const { held } = rung.ending;
    rung.ending = undefined;
    rung.send(held);
  }

  function tellLevels(values: Float64Array): void {
    const levels: Level[] = [];
    for (let at = 0; at < values.length; at += 3) {
      const sequence = values[at] as number;
      if (sequence < nextLevel) continue;
      nextLevel = sequence + 1;
      levels.push({ sequence, peak: values[at + 1] as number, rms: values[at + 2] as number });
    }
    if (levelsWanted && levels.length > 0) options.levels?.(levels);
  }

  function rungOf(rendition: Rendition): Rung {
    let rung = rungs.get(rendition);
    if (rung === undefined) {
      rung = createRung(rendition, options.packets);
      rungs.set(rendition, rung);
    }
    return rung;
  }

  return {
    begin(format) {
      source.begin(format);
      work?.queue.begin({ kind: "begin", ladder: work.number, format, pts: source.pts });
      reconsider();
      // Asked for before there was a source.
      if (levelsWanted && work === undefined) startWork(source.sequence * gridSamples);
    },
    push: source.push,
    want(rendition, backfillMs = 200) {
      const rung = rungOf(rendition);
      rung.wanted += 1;
      if (rung.wanted > 1) return;
      const backfill = Math.min(backfillMs * 48, bounds.historySamples) / gridSamples;
      settle(rung, Math.max(source.sequence - Math.floor(backfill), Math.ceil(rung.end / gridSamples), 0));
    },
    unwant(rendition) {
      const rung = rungs.get(rendition);
      if (rung === undefined || rung.wanted === 0) return;
      rung.wanted -= 1;
      if (rung.wanted > 0) return;
      settle(rung, 0);
      if (rung.ending !== undefined) byTrack.delete(rung.ending.track);
      rung.ending = undefined;
      rest();
    },
    making: (rendition) => makingOf(rendition, source, link.works),
    levels(wanted) {
      if (levelsWanted === wanted) return;
      levelsWanted = wanted;
      if (work !== undefined) link.send({ kind: "levels", ladder: work.number, wanted });
      else if (wanted) startWork(source.sequence * gridSamples);
      rest();
    },
    stats: () => ({
      sourceBitrate: source.meter.current,
      lagMs: (work?.queue.lag ?? 0) / 48,
      droppedMs: (droppedBefore + (work?.queue.dropped ?? 0)) / 48,
      damaged,
    }),
    workerLost() {
      leave();
      for (const rung of rungs.values()) {
        const { ending } = rung;
        rung.ending = undefined;
        if (ending !== undefined) rung.send(ending.held);
        if (rung.making !== "encoded") continue;
        rung.track = undefined;
        if (link.works) startTrack(rung, Math.floor(rung.end / gridSamples));
      }
      if (levelsWanted && work === undefined) startWork(source.sequence * gridSamples);
      reconsider();
    },
    workerBack() {
      reconsider();
      if (levelsWanted && work === undefined) startWork(source.sequence * gridSamples);
      // Also where nothing is wanted now: more can be made than a moment ago.
      options.changed?.();
    },
    [Symbol.dispose]() {
      if (work !== undefined) link.send({ kind: "forget", ladder: work.number });
      leave();
      rungs.clear();
    },
  };
}
