import type { PublishAudioRequest, PublishChunkRequest } from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { Principal } from "../../platform/access/principal.ts";
import { Failure, Reason } from "../../platform/failure.ts";
import type { StreamId, UserId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { PublishedPacket } from "../audio/index.ts";
import { broadcastOver, sequenceGap } from "../errors.ts";
import type { Admission } from "../live-port.ts";
import type { Ingest, Source, SourceKind } from "./ingest.ts";
import type { OnAirStreams } from "./on-air-streams.ts";

/** What a broadcast by PublishAudio came to. */
export interface Published {
  readonly received: number;
  readonly dropped: number;
  readonly takenMs: number;
}

export interface Publishing {
  /** One call of PublishAudio, from its first frame to its end. */
  audio(caller: Principal, frames: AsyncIterable<PublishAudioRequest>, signal: AbortSignal): Promise<Published>;
  /** One chunk of PublishChunk. Answers the sequence that is expected next. */
  chunk(caller: Principal, request: PublishChunkRequest): Promise<number>;
}

/** A broadcast by chunks. */
interface ChunkBroadcast {
  readonly ownerId: UserId;
  readonly streamId: StreamId;
  source: Source | undefined;
  next: number;
  /** Chunks of one broadcast are taken one after the other. */
  turn: Promise<unknown>;
}

export function createPublishing(needs: {
  admission: () => Admission;
  ingest: Ingest;
  streams: OnAirStreams;
}): Publishing {
  const { admission, ingest, streams } = needs;
  const broadcasts = new Map<string, ChunkBroadcast>();

  function remember(publishId: string, broadcast: ChunkBroadcast): void {
    broadcasts.set(publishId, broadcast);
    if (broadcasts.size <= limits.live.endedPublishes) return;
    for (const [id, { source }] of broadcasts) {
      if (source?.isHeld === true) continue;
      broadcasts.delete(id);
      return;
    }
  }

  async function begin(caller: Principal, request: PublishChunkRequest): Promise<Source> {
    const { stream } = await admission().sourceOf(caller, request.streamId as StreamId);
    const kind: SourceKind =
      request.container.length > 0 ? { container: "any" } : kindOfPackets(request.codec, request.channels);
    return ingest.open(streams.of(stream), kind, () => undefined, { unconnected: true });
  }

  async function take(caller: Principal, request: PublishChunkRequest, broadcast: ChunkBroadcast): Promise<number> {
    const sequence = Number(request.sequence);
    if (sequence < broadcast.next) return broadcast.next;
    if (broadcast.source === undefined) broadcast.source = await begin(caller, request);
    else if (!broadcast.source.isHeld) throw broadcastOver();
    else if (sequence > broadcast.next) throw sequenceGap();
    const { source } = broadcast;
    try {
      if (request.container.length > 0) await source.bytes(request.container);
      else if (request.packets.length > 0) await takePackets(source, request.codec, request.packets.map(plain));
    } catch (error) {
      source.finish();
      throw error;
    }
    broadcast.next = sequence + 1;
    if (request.isLast) source.finish();
    return broadcast.next;
  }

  return {
    async audio(caller, frames, signal) {
      const iterator = frames[Symbol.asyncIterator]();
      // One promise that never ends would keep something of every frame: each wait has its own.
      let ending: { readonly reason: unknown } | undefined;
      let stop: (reason: unknown) => void = () => undefined;
      function end(reason: unknown): void {
        ending ??= { reason };
        stop(reason);
      }
      function unlessEnded<Result>(work: Promise<Result>): Promise<Result> {
        return new Promise((resolve, reject) => {
          stop = reject;
          work.then(resolve, reject);
          if (ending !== undefined) reject(ending.reason);
        });
      }
      const next = () => unlessEnded(iterator.next());
      signal.addEventListener("abort", () => end(signal.reason));

      const first = await next();
      if (first.done === true || first.value.frame.case !== "open")
        throw invalidFrame("the first frame has to be `open`");
      const { streamId, codec, channels } = first.value.frame.value;
      const { stream } = await admission().sourceOf(caller, streamId as StreamId);
      const source = ingest.open(streams.of(stream), kindOfPackets(codec, channels), end);
      let received = 0;
      let dropped = 0;
      try {
        for (let each = await next(); each.done !== true; each = await next()) {
          const { frame } = each.value;
          if (frame.case !== "packets") throw invalidFrame("`open` comes once, first");
          received += frame.value.packets.length;
          dropped += await unlessEnded(takePackets(source, codec, frame.value.packets.map(plain)));
        }
      } catch (error) {
        source.drop();
        throw error;
      }
      source.finish();
      return { received, dropped, takenMs: source.takenMs };
    },

    async chunk(caller, request) {
      let broadcast = broadcasts.get(request.publishId);
      if (broadcast === undefined) {
        const streamId = request.streamId as StreamId;
        broadcast = { ownerId: caller.userId, streamId, source: undefined, next: 0, turn: Promise.resolve() };
        remember(request.publishId, broadcast);
      } else if (broadcast.ownerId !== caller.userId || broadcast.streamId !== request.streamId) {
        throw broadcastOver();
      }
      const mine = broadcast;
      const taken = mine.turn.then(() => take(caller, request, mine));
      mine.turn = taken.catch(() => undefined);
      try {
        return await taken;
      } finally {
        // A broadcast that was never let in leaves nothing behind.
        if (mine.source === undefined && broadcasts.get(request.publishId) === mine)
          broadcasts.delete(request.publishId);
      }
    },
  };
}

function kindOfPackets(codec: string, channels: number): SourceKind {
  return codec === "mp3" ? { container: "mp3" } : { packets: "opus", channels: channels === 1 ? 1 : 2 };
}

/** Answers how many packets were dropped. MP3 frames are read like a file: what is whole is found there. */
async function takePackets(source: Source, codec: string, packets: readonly PublishedPacket[]): Promise<number> {
  if (codec !== "mp3") return source.packets(packets);
  await source.bytes(Buffer.concat(packets.map(({ data }) => data)));
  return 0;
}

function plain(packet: { sequence: bigint; pts: bigint; data: Uint8Array }): PublishedPacket {
  return { sequence: Number(packet.sequence), pts: Number(packet.pts), data: packet.data };
}

function invalidFrame(sentence: string): Failure {
  return new Failure(Reason.INVALID_FIELD, { sentence });
}
