import { bounds } from "../bounds.ts";
import type { AudioDecoder } from "../codecs.ts";
import { type Level, levelOf } from "../levels.ts";
import { createMp3Decoder } from "../mp3/decoder.ts";
import { createOpusDecoder } from "../opus/decoder.ts";
import { type AudioPacket, gridSamples } from "../packet.ts";
import { type Block, createPcmGrid, type PcmGrid } from "../pcm-grid.ts";
import type { SourceFormat } from "../source.ts";
import { createTrack, settleBlocks, type Track, type TrackOptions } from "./track.ts";

interface RunningTrack {
  readonly track: Track;
  made: AudioPacket[];
  /** The sequence with which it is over. */
  end: number;
}

export interface TrackOutput {
  readonly track: number;
  readonly packets: readonly AudioPacket[];
  readonly over: boolean;
}

export interface Output {
  readonly tracks: readonly TrackOutput[];
  readonly levels: readonly Level[];
  readonly damaged: number;
}

/** The decoder and the encoders of one ladder. */
export interface Workshop extends Disposable {
  begin(format: SourceFormat, pts: number): Promise<void>;
  /** Units of the source: `pts` and `duration` in samples of 48 kHz. */
  take(units: readonly AudioPacket[]): void;
  start(number: number, options: TrackOptions): Promise<void>;
  end(number: number, at: number): void;
  levels(wanted: boolean): void;
  /** What was made since it was last asked. */
  output(): Output;
}

const historyBlocks = bounds.historySamples / gridSamples + settleBlocks;

export function createWorkshop(): Workshop {
  let decoder: AudioDecoder | undefined;
  let grid: PcmGrid | undefined;
  let channels: 1 | 2 = 2;
  /** Where the next unit is expected. */
  let expected = 0;
  let wantLevels = false;
  let levels: Level[] = [];
  let damaged = 0;
  const history: Block[] = [];
  const tracks = new Map<number, RunningTrack>();

  function full(block: Block): void {
    if (wantLevels) levels.push(levelOf(block.sequence, block.pcm));
    history.push(block);
    if (history.length > historyBlocks) history.shift();
    for (const running of tracks.values()) feed(running, block);
  }

  function feed(running: RunningTrack, block: Block): void {
    for (const packet of running.track.push(block)) {
      if (packet.pts < running.end * gridSamples) running.made.push(packet);
    }
  }

  function decode(unit: AudioPacket): void {
    if (decoder === undefined || grid === undefined) return;
    if (unit.pts > expected) grid.skip(unit.pts - expected, bounds.bridgedSamples);
    expected = unit.pts + unit.duration;
    try {
      grid.push(decoder.decode(unit.data));
    } catch {
      // Counted, and told by the ladder: one bad packet is no reason to stop.
      damaged += 1;
      grid.push(decoder.conceal(unit.data, unit.duration));
    }
  }

  return {
    async begin(format, pts) {
      decoder?.[Symbol.dispose]();
      decoder = format.codec === "opus" ? createOpusDecoder(format.gain) : await createMp3Decoder(format);
      channels = format.channels;
      for (const { track } of tracks.values()) track.channels(channels);
      expected = pts;
      if (grid === undefined) grid = createPcmGrid(pts, full);
      else grid.goOnAt(Math.ceil(pts / gridSamples), bounds.bridgedSamples);
    },
    take(units) {
      for (const unit of units) decode(unit);
    },
    async start(number, options) {
      const track = await createTrack(options);
      track.channels(channels);
      const running = { track, made: [], end: Number.POSITIVE_INFINITY };
      for (const block of history) if (block.sequence >= options.from - settleBlocks) feed(running, block);
      tracks.set(number, running);
    },
    end(number, at) {
      const running = tracks.get(number);
      if (running !== undefined) running.end = at;
    },
    levels(wanted) {
      wantLevels = wanted;
    },
    output() {
      const made: TrackOutput[] = [];
      for (const [number, running] of tracks) {
        // Opus is one block behind, since it needs the beginning of the next.
        const over = (grid?.sequence ?? 0) > running.end;
        if (over) tracks.delete(number);
        if (running.made.length > 0 || over) made.push({ track: number, packets: running.made, over });
        running.made = [];
      }
      const output = { tracks: made, levels, damaged };
      levels = [];
      damaged = 0;
      return output;
    },
    [Symbol.dispose]: () => decoder?.[Symbol.dispose](),
  };
}
