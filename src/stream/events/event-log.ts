import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type StreamEvent, StreamEventSchema } from "#gen/veza/stream/v1/stream_event_pb.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Database, Queries, WriteOptions } from "../../platform/database/database.ts";
import type { StreamId, UserId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { Metrics } from "../../platform/telemetry/metrics.ts";
import { encoderOf } from "../../rpc/encode/encoder.ts";
import { ringBell } from "../../rpc/event-feed/bell.ts";
import { createEventCounter } from "../../rpc/event-feed/event-counter.ts";
import type { EventStore, TakenNumber } from "../store/event-store.ts";
import type { StreamTables } from "../tables.ts";
import { eventSubject } from "./subjects.ts";

export type EventPayload = Exclude<StreamEvent["payload"], { case: undefined }>;

/** What is about to happen to a stream. */
export interface NewEvent {
  readonly streamId: StreamId;
  /** Absent when the service itself does it, or someone who is not signed in. */
  readonly actorId?: UserId;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How many listeners come with it; negative when they go. */
  readonly listeners?: number;
  /** Made once the number is known. */
  readonly payload: (taken: TakenNumber) => EventPayload;
}

/** One change of stream in the making. */
export interface StreamWrite {
  readonly tx: Queries<StreamTables>;
  /**
   * Takes the stream's next number and stores the event under it, in this write: no number is ever skipped, and numbers
   * are taken in the order of the commits. The stream has to exist.
   */
  append(event: NewEvent): Promise<TakenNumber>;
}

/** Runs changes of stream and tells followers of their events once they are stored. */
export interface StreamWrites {
  /** A change of whatever stream has: it waits for all others, and they for it. */
  write<Result>(work: (write: StreamWrite) => Promise<Result>): Promise<Result>;
  /** A change of what the keys name (`write-keys.ts`), and of nothing else: others go on. */
  about<Result>(keys: readonly string[], work: (write: StreamWrite) => Promise<Result>): Promise<Result>;
}

const encodeEvent = encoderOf(StreamEventSchema);

/** Old events are forgotten this many at a time, so that no write pays for many. */
const forgetEvery = 1000;

export function createStreamWrites(needs: {
  database: Database<StreamTables>;
  store: EventStore;
  bus: Bus;
  metrics: Metrics;
}): StreamWrites {
  const { database, store, bus } = needs;
  const count = createEventCounter(needs.metrics, "stream");

  async function append(tx: Queries<StreamTables>, event: NewEvent) {
    const { streamId, at } = event;
    const taken = await store.takeNumber(tx, streamId, event.listeners ?? 0);
    if (taken === undefined) throw new Error(`an event for stream ${streamId}, which does not exist`);
    const { sequence } = taken;
    const stored = create(StreamEventSchema, {
      streamId,
      sequence: BigInt(sequence),
      occurredAt: timestampFromMs(at),
      actorId: event.actorId ?? "0",
      payload: event.payload(taken),
    });
    const body = encodeEvent(stored, 0);
    await store.insert(tx, streamId, { sequence, body });
    if (sequence % forgetEvery === 0 && sequence > limits.stream.eventsKeptPerStream) {
      await store.forget(tx, streamId, sequence - limits.stream.eventsKeptPerStream);
    }
    return { taken, body, kind: stored.payload.case };
  }

  async function write<Result>(options: WriteOptions, work: (write: StreamWrite) => Promise<Result>): Promise<Result> {
    const happened: { streamId: StreamId; sequence: number; body: Uint8Array; kind: string | undefined }[] = [];
    const result = await database.write((tx) => {
      happened.length = 0;
      return work({
        tx,
        async append(event) {
          const { taken, body, kind } = await append(tx, event);
          happened.push({ streamId: event.streamId, sequence: taken.sequence, body, kind });
          return taken;
        },
      });
    }, options);
    // Works of one commit resolve in the order in which they ran, so bells ring in the order of the numbers.
    for (const { streamId, sequence, body, kind } of happened) {
      count(kind);
      ringBell(bus, eventSubject(streamId), { sequence, body, rewritesThePast: false });
    }
    return result;
  }

  return { write: (work) => write({}, work), about: (keys, work) => write({ keys }, work) };
}
