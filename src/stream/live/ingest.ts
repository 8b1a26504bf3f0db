import { setTimeout } from "node:timers/promises";
import { Failure, Reason } from "../../platform/failure.ts";
import type { StreamId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import {
  AudioFormatError,
  type ContainerKind,
  createPacketReader,
  createSourceReader,
  type PublishedPacket,
  type SourceSink,
  type SourceTitle,
} from "../audio/index.ts";
import { audioUnsupported, broadcastOver, sourceStalled } from "../errors.ts";
import type { Metadata, OnAirEvents, OnAirStream } from "../live-port.ts";
import type { Lease, Leases } from "./lease.ts";
import type { OnAirStreams } from "./on-air-streams.ts";
import { createPace } from "./pace.ts";

/** How a source's sound comes: as a file, cut anywhere, or packet by packet. */
export type SourceKind = { readonly container: ContainerKind } | { readonly packets: "opus"; readonly channels: 1 | 2 };

/** A source that is connected and holds its stream. */
export interface Source {
  /** False once the stream was taken from it: then nothing more is taken. */
  readonly isHeld: boolean;
  /** How much sound was taken, in milliseconds. */
  readonly takenMs: number;
  /**
   * Takes the next bytes of the file. Read on once the promise resolves, or at once when there is none: a source that
   * bursts is held back. Throws or rejects with AUDIO_UNSUPPORTED when they cannot be read, with BROADCAST_OVER when the
   * stream was taken away.
   */
  bytes(bytes: Uint8Array): Promise<void> | undefined;
  /** Takes packets; resolves as `bytes` does. Answers how many came too late, twice or broken. */
  packets(packets: readonly PublishedPacket[]): Promise<number>;
  /** What it sends was found to be unreadable: tells those who follow the stream so. Answers AUDIO_UNSUPPORTED. */
  unreadable(message: string): Failure;
  /** The source is gone and may return. */
  drop(): void;
  /** The source is done. */
  finish(): void;
}

export interface Ingest {
  /**
   * Lets a source broadcast to a stream on air. `onEnd` is called when it must stop, with BROADCAST_OVER: the stream went
   * off air, or the source sent nothing for too long. One without a connection, `unconnected`, is not seen to drop: it
   * may be silent for as long as another has to return, and is then gone. Throws ALREADY_BROADCASTING, and what
   * `Homes.take` throws.
   */
  open(
    stream: OnAirStream,
    kind: SourceKind,
    onEnd: (failure: Failure) => void,
    how?: { unconnected: boolean },
  ): Promise<Source>;
  /** Time passes: sources that stall are dropped. */
  tick(now: number): void;
  /** Lets every source go: the process stops. */
  end(): void;
}

export function createIngest(needs: {
  leases: Leases;
  streams: () => Pick<OnAirStreams, "lead" | "get">;
  onAir: () => OnAirEvents;
  log: Log;
}): Ingest {
  const { leases, streams, onAir, log } = needs;
  const open = new Set<{ lastAt: number; patienceMs: number; stalled: () => void; end: () => void }>();

  function told(streamId: StreamId, title: SourceTitle): void {
    const change: Partial<Metadata> = {
      ...(title.title === undefined ? {} : { currentTrack: title.title }),
      ...(title.artist === undefined ? {} : { artist: title.artist }),
      ...(title.album === undefined ? {} : { album: title.album }),
      ...(title.genre === undefined ? {} : { genre: title.genre }),
    };
    if (Object.keys(change).length === 0) return;
    onAir()
      .metadataChanged(streamId, change)
      .catch((error: unknown) => log.error({ err: error, stream_id: streamId }, "storing a title failed"));
  }

  return {
    async open({ id: streamId }, kind, onEnd, { unconnected } = { unconnected: false }) {
      const air = await streams().lead(streamId);
      const pace = createPace();
      let rate = 48_000;
      let takenMs = 0;
      let waitMs = 0;
      let burstMs = 0;
      let lastUnitAt = 0;
      let over = false;
      const sink: SourceSink = {
        format(format) {
          rate = format.sampleRate;
          air.begin(format);
        },
        unit(unit) {
          const ms = (unit.samples * 1000) / rate;
          takenMs += ms;
          // What is made up for lost sound plays as well: nobody is ahead by losing much.
          waitMs = pace.came(ms + (unit.lost * 1000) / rate);
          const now = performance.now();
          burstMs = Math.max(0, burstMs - (now - lastUnitAt)) + ms;
          lastUnitAt = now;
          air.burst(burstMs);
          air.push(unit);
        },
        title: (title) => told(streamId, title),
      };
      const reader = "container" in kind ? createSourceReader(kind.container, sink) : undefined;
      const packetReader = "packets" in kind ? createPacketReader(kind.channels, sink) : undefined;
      const lease: Lease = leases.take(streamId, () => {
        close();
        onEnd(broadcastOver());
      });
      const watched = {
        lastAt: performance.now(),
        patienceMs: unconnected ? limits.live.sourceReturnMs : limits.live.sourceStallMs,
        stalled() {
          if (unconnected) source.finish();
          else source.drop();
          onEnd(sourceStalled(watched.patienceMs));
        },
        end() {
          source.drop();
          onEnd(new Failure(Reason.UNAVAILABLE, { sentence: "the service is stopping: connect again" }));
        },
      };
      open.add(watched);

      function close(): void {
        over = true;
        open.delete(watched);
        air.silence();
      }
      function requireHeld(): void {
        if (over || !lease.isHeld) throw broadcastOver();
        watched.lastAt = performance.now();
      }

      function unreadable(message: string): Failure {
        void onAir().failed(streamId, { reason: Reason.AUDIO_UNSUPPORTED, message, isFatal: false });
        return audioUnsupported(message);
      }
      function read(bytes: Uint8Array): void {
        requireHeld();
        waitMs = 0;
        try {
          reader?.push(bytes);
        } catch (error) {
          if (!(error instanceof AudioFormatError)) throw error;
          throw unreadable(error.message);
        }
      }
      async function readSlowly(bytes: Uint8Array): Promise<void> {
        await wait();
        for (let at = 0; at < bytes.length; at += limits.live.sourcePieceBytes) {
          read(bytes.subarray(at, at + limits.live.sourcePieceBytes));
          if (waitMs > 0) await wait();
        }
      }
      /** Whoever is held back is not stalled. */
      async function wait(): Promise<void> {
        watched.lastAt = performance.now() + waitMs;
        await setTimeout(waitMs);
      }

      const source: Source = {
        get isHeld() {
          return !over && lease.isHeld;
        },
        get takenMs() {
          return takenMs;
        },
        bytes(bytes) {
          for (let at = 0; at < bytes.length; at += limits.live.sourcePieceBytes) {
            read(bytes.subarray(at, at + limits.live.sourcePieceBytes));
            if (waitMs > 0) return readSlowly(bytes.subarray(at + limits.live.sourcePieceBytes));
          }
          return undefined;
        },
        async packets(packets) {
          let dropped = 0;
          for (const packet of packets) {
            requireHeld();
            waitMs = 0;
            if (packetReader?.push(packet) !== true) dropped += 1;
            if (waitMs > 0) await wait();
          }
          return dropped;
        },
        unreadable,
        drop() {
          if (over) return;
          close();
          lease.drop();
        },
        finish() {
          if (over) return;
          close();
          lease.release();
        },
      };
      return source;
    },

    tick(now) {
      for (const watched of [...open]) {
        if (now - watched.lastAt > watched.patienceMs) watched.stalled();
      }
    },
    end() {
      for (const watched of [...open]) watched.end();
    },
  };
}
