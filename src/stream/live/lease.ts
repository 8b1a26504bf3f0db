import type { Clock } from "../../platform/clock.ts";
import type { StreamId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import { alreadyBroadcasting } from "../errors.ts";

/** The right of one source to broadcast to a stream. */
export interface Lease {
  readonly streamId: StreamId;
  /** False once another source holds the stream, or its time to return ran out, or the stream went off air. */
  readonly isHeld: boolean;
  /** The source dropped: from now on another one, or the same again, may take its place. */
  drop(): void;
  /** The source is done: its place is free at once, and nobody waits for its return. */
  release(): void;
}

/** One broadcaster at a time, of those who come to this process; which process they may come to, `Homes` decides. */
export interface Leases {
  /**
   * Takes the stream for a source. Throws ALREADY_BROADCASTING while another is connected. `onLost` is called when the
   * stream is taken away from the source that holds it.
   */
  take(streamId: StreamId, onLost: () => void): Lease;
  /** Whether a source holds the stream right now. */
  isHeld(streamId: StreamId): boolean;
  /** Takes a stream away from whoever holds it, as it goes off air or its source is elsewhere. */
  revoke(streamId: StreamId): void;
  /** Streams whose source has not returned in time. Each is told of once. */
  expired(): StreamId[];
}

interface Entry {
  holder: object | undefined;
  onLost: () => void;
  /** Until when a source that dropped is waited for: milliseconds since 1970. */
  until: number;
}

export function createLeases(needs: { clock: Clock }): Leases {
  const { clock } = needs;
  const entries = new Map<StreamId, Entry>();

  return {
    take(streamId, onLost) {
      if (entries.get(streamId)?.holder !== undefined) throw alreadyBroadcasting();
      const entry: Entry = { holder: {}, onLost, until: Number.POSITIVE_INFINITY };
      entries.set(streamId, entry);
      return {
        streamId,
        get isHeld() {
          return entry.holder !== undefined && entries.get(streamId) === entry;
        },
        drop() {
          if (entry.holder === undefined || entries.get(streamId) !== entry) return;
          entry.holder = undefined;
          entry.until = clock.now() + limits.live.sourceReturnMs;
        },
        release() {
          if (entries.get(streamId) !== entry) return;
          entry.holder = undefined;
          entry.until = Number.NEGATIVE_INFINITY;
        },
      };
    },
    isHeld: (streamId) => entries.get(streamId)?.holder !== undefined,
    revoke(streamId) {
      const entry = entries.get(streamId);
      if (entry === undefined) return;
      entries.delete(streamId);
      if (entry.holder !== undefined) entry.onLost();
    },
    expired() {
      const now = clock.now();
      const over: StreamId[] = [];
      for (const [streamId, { holder, until }] of entries) {
        if (holder !== undefined || until > now) continue;
        entries.delete(streamId);
        over.push(streamId);
      }
      return over;
    },
  };
}
