import { bounds } from "../bounds.ts";
import { concealed, createOpusGrid, type OpusGrid } from "../grid.ts";
import { concealment } from "../opus/toc.ts";
import { type AudioPacket, gridSamples, sampleRate } from "../packet.ts";
import type { SourceFormat, SourceUnit } from "../source.ts";
import { type BitrateMeter, createBitrateMeter } from "./bitrate.ts";
import { createRecent } from "./recent.ts";

/** What a ladder knows of its source: where it is in time, what can be passed through of it, and what it brought lately. */
export interface SourceSide {
  readonly format: SourceFormat | undefined;
  /** Where the next unit begins, in samples of 48 kHz. */
  readonly pts: number;
  /** The first sequence of which not all has come. */
  readonly sequence: number;
  /** Whether what it sends can be sent on as it is. */
  readonly passable: boolean;
  readonly meter: BitrateMeter;
  begin(format: SourceFormat): void;
  push(unit: SourceUnit): void;
  recentUnits(since: number): AudioPacket[];
  recentPackets(since: number): AudioPacket[];
}

export interface SourceEvents {
  /** For a decoder: every unit, with its place in time. */
  unit(unit: AudioPacket): void;
  /** To be passed through, while that is possible. */
  packet(packet: AudioPacket): void;
  /** What can be passed through, or into which renditions, may have changed. */
  changed(): void;
}

export function createSourceSide(firstSequence: number, events: SourceEvents): SourceSide {
  let format: SourceFormat | undefined;
  let grid: OpusGrid = createOpusGrid();
  let passable = false;
  let meter = createBitrateMeter(0);
  /** In samples of 48 kHz, of which a frame of another rate is no whole number. */
  let exactPts = firstSequence * gridSamples;
  let sequence = firstSequence;
  let toc = 0;
  const units = createRecent(bounds.historySamples + bounds.settleSamples);
  const packets = createRecent(bounds.historySamples);

  function pass(packet: AudioPacket): void {
    packets.add(packet);
    events.packet(packet);
  }

  function passOpus(data: Uint8Array): void {
    pass({ sequence, pts: sequence * gridSamples, duration: gridSamples, data });
    sequence += 1;
  }

  function place(data: Uint8Array, samples: number): void {
    if (format === undefined) return;
    const pts = Math.round(exactPts);
    const end = exactPts + (samples * sampleRate) / format.sampleRate;
    const unit = { sequence: 0, pts, duration: Math.round(end) - pts, data };
    if (format.codec === "opus") toGrid(data);
    exactPts = end;
    units.add(unit);
    events.unit(unit);
    if (format.codec === "mp3") pass(unit);
    if (meter.add(data.length, unit.duration)) events.changed();
  }

  function toGrid(data: Uint8Array): void {
    toc = data[0] ?? toc;
    if (!passable) return;
    const onGrid = grid.push(data);
    if (onGrid === undefined) {
      passable = false;
      events.changed();
    } else onGrid.forEach(passOpus);
  }

  return {
    get format() {
      return format;
    },
    get pts() {
      return Math.round(exactPts);
    },
    get sequence() {
      return Math.floor(Math.round(exactPts) / gridSamples);
    },
    get passable() {
      return passable;
    },
    get meter() {
      return meter;
    },
    begin(next) {
      // A part of a packet that the end of the source left is made up to a whole one.
      if (passable && grid.begun > 0) passOpus(concealment(toc));
      sequence = Math.ceil(Math.round(exactPts) / gridSamples);
      exactPts = sequence * gridSamples;
      format = next;
      grid = createOpusGrid();
      passable = next.gain === 0;
      meter = createBitrateMeter(next.bitrate);
      units.clear();
      packets.clear();
    },
    push(unit) {
      if (format === undefined) return;
      if (format.codec === "opus") for (const { data, samples } of concealed(unit)) place(data, samples);
      place(unit.data, unit.samples);
    },
    recentUnits: units.since,
    recentPackets: packets.since,
  };
}
