import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type PublishAudioRequest,
  type PublishChunkRequest,
  PublishChunkRequestSchema,
} from "#gen/veza/stream/v1/stream_service_pb.ts";
import { createLru } from "../../platform/access/lru.ts";
import type { Principal } from "../../platform/access/principal.ts";
import { Failure, Reason } from "../../platform/failure.ts";
import type { InstanceId, StreamId, UserId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { PublishedPacket } from "../audio/index.ts";
import { broadcastOver, sequenceGap } from "../errors.ts";
import type { Call, InstanceCalls } from "../instance-calls.ts";
import type { LiveNeeds } from "../live-port.ts";
import type { Ingest, Source, SourceKind } from "./ingest.ts";

/** What a broadcast by PublishAudio came to. */
export interface Published {
  readonly received: number;
  readonly dropped: number;
  readonly takenMs: number;
}

export interface Publishing {
  /** One call of PublishAudio, from its first frame to its end. */
  audio(caller: Principal, frames: AsyncIterable<PublishAudioRequest>, signal: AbortSignal): Promise<Published>;
  /**
   * One chunk of PublishChunk. Answers the sequence that is expected next. Chunks of one broadcast may come to any
   * instance: the one that has it takes them.
   */
  chunk(caller: Principal, request: PublishChunkRequest): Promise<number>;
  /** Takes chunks that come to other instances, from now on. */
  answer(calls: InstanceCalls): void;
}

/** A chunk on its way to the instance that has its broadcast; the request comes along in binary form. */
const chunkCall: Call<{ caller: Principal }, { next: number }> = { name: "chunk" };

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
  domain: () => Pick<LiveNeeds, "admission" | "homes" | "instances" | "calls">;
  ingest: Ingest;
}): Publishing {
  const { domain, ingest } = needs;
  const broadcasts = new Map<string, ChunkBroadcast>();
  /** Where the broadcasts are whose chunks are passed on. */
  const elsewhere = createLru<string, InstanceId>(limits.live.endedPublishes);

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
    const { stream } = await domain().admission.sourceOf(caller, request.streamId as StreamId);
    const kind: SourceKind =
      request.container.length > 0 ? { container: "any" } : kindOfPackets(request.codec, request.channels);
    return ingest.open(stream, kind, () => undefined, { unconnected: true });
  }

  async function take(caller: Principal, request: PublishChunkRequest, broadcast: ChunkBroadcast): Promise<number> {
    const sequence = Number(request.sequence);
    if (sequence < broadcast.next) return broadcast.next;
    if (broadcast.source === undefined) {
      // The middle of a file: whoever had its head is gone.
      if (sequence > 0 && request.container.length > 0) throw broadcastOver();
      broadcast.source = await begin(caller, request);
    } else if (!broadcast.source.isHeld) throw broadcastOver();
    else if (sequence > broadcast.next) throw sequenceGap();
    const { source } = broadcast;
    try {
      if (request.container.length > 0) await source.bytes(request.container);
      else if (request.packets.length > 0) await takePackets(source, request.codec, request.packets.map(plain));
    } catch (error) {
      // It may begin anew, as any source whose sound could not be read: listeners wait for it.
      source.drop();
      throw error;
    }
    broadcast.next = sequence + 1;
    if (request.isLast) source.finish();
    return broadcast.next;
  }

  /** A chunk of a broadcast that is here, or is to be. */
  async function here(caller: Principal, request: PublishChunkRequest): Promise<number> {
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
      if (mine.source === undefined && broadcasts.get(request.publishId) === mine) broadcasts.delete(request.publishId);
    }
  }

  /** The other instance that is the home of the stream, if one is. */
  async function homeOf({ streamId, publishId }: PublishChunkRequest): Promise<InstanceId | undefined> {
    const { homes, instances } = domain();
    if (instances.others().length === 0) return undefined;
    const known = elsewhere.get(publishId);
    if (known !== undefined) return known;
    const [stream] = await homes.find([streamId as StreamId]);
    const instance = stream?.home.instance;
    return instance === "" || instance === instances.id ? undefined : instance;
  }

  /** Undefined when it has to be taken here after all, as the other instance is gone. */
  async function passOn(caller: Principal, request: PublishChunkRequest): Promise<number | undefined> {
    const home = await homeOf(request);
    if (home === undefined) return undefined;
    const { publishId } = request;
    try {
      const { content } = await domain().calls.ask(
        home,
        chunkCall,
        { caller },
        toBinary(PublishChunkRequestSchema, request),
      );
      elsewhere.set(publishId, home);
      return content.next;
    } catch (error) {
      elsewhere.delete(publishId);
      if (error instanceof Failure && error.reason === Reason.UNAVAILABLE) return undefined;
      throw error;
    }
  }

  return {
    answer(calls) {
      calls.answer(chunkCall, async ({ caller }, bytes) => ({
        next: await here(caller, fromBinary(PublishChunkRequestSchema, bytes)),
      }));
    },

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
      const { stream } = await domain().admission.sourceOf(caller, streamId as StreamId);
      const source = await ingest.open(stream, kindOfPackets(codec, channels), end);
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
      if (!broadcasts.has(request.publishId)) {
        const next = await passOn(caller, request);
        if (next !== undefined) return next;
      }
      try {
        return await here(caller, request);
      } catch (error) {
        // A chunk of the same broadcast may have come to another instance at the same time, which was faster.
        const isTaken = error instanceof Failure && error.reason === Reason.ALREADY_BROADCASTING;
        const next = isTaken ? await passOn(caller, request) : undefined;
        if (next === undefined) throw error;
        return next;
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
