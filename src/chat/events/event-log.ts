import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type ChatEvent, ChatEventSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Database, Queries, WriteOptions } from "../../platform/database/database.ts";
import type { MessageId, RoomId, UserId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { Metrics } from "../../platform/telemetry/metrics.ts";
import { encoderOf } from "../../rpc/encode/encoder.ts";
import { createEventCounter } from "../../rpc/event-feed/event-counter.ts";
import { namedIn } from "../store/unnamed-event.ts";
import type { ChatTables } from "../tables.ts";
import { ring } from "./bells.ts";
import type { EventStore } from "./event-store.ts";

export type EventPayload = Exclude<ChatEvent["payload"], { case: undefined }>;

/** What is about to happen in a room. */
export interface NewEvent {
  readonly roomId: RoomId;
  /** Absent when the service itself does it. */
  readonly actorId?: UserId;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The message whose words the payload holds, so that deleting it can blank them. */
  readonly messageId?: MessageId;
  /** A message is sent: the room counts it. */
  readonly countsMessage?: boolean;
  /** Made once the number is known, as a message carries it. */
  readonly payload: (sequence: number) => EventPayload;
}

/** What happened, as it was stored: the event and the bytes that followers get. */
export interface NumberedEvent {
  readonly roomId: RoomId;
  readonly sequence: number;
  readonly event: ChatEvent;
  readonly body: Uint8Array;
}

export interface StoredEvent extends NumberedEvent {
  /** How many messages the room has with it, deleted ones included. */
  readonly messageCount: number;
}

/** One change of chat in the making. */
export interface ChatWrite {
  readonly tx: Queries<ChatTables>;
  /**
   * Takes the room's next number and stores the event under it, in this write: no number is ever skipped, and numbers
   * are taken in the order of the commits. The room has to exist.
   */
  append(event: NewEvent): Promise<StoredEvent>;
}

/** Runs changes of chat and tells followers of their events once they are stored. */
export interface ChatWrites {
  /** A change of whatever chat has: it waits for all others, and they for it. */
  write<Result>(work: (write: ChatWrite) => Promise<Result>): Promise<Result>;
  /** A change of what the keys name (`keys.ts`), and of nothing else: others go on. */
  about<Result>(keys: readonly string[], work: (write: ChatWrite) => Promise<Result>): Promise<Result>;
  /** Takes in an event that the store has appended by itself. */
  appended(event: NumberedEvent): void;
}

const encodeEvent = encoderOf(ChatEventSchema);

/** The event under its number, and the bytes that followers get. */
export function numbered(event: NewEvent, sequence: number): NumberedEvent {
  const { roomId, at, actorId, payload } = event;
  const stored = create(ChatEventSchema, {
    roomId,
    sequence: BigInt(sequence),
    occurredAt: timestampFromMs(at),
    actorId: actorId ?? "0",
    payload: payload(sequence),
  });
  return { roomId, sequence, event: stored, body: encodeEvent(stored, 0) };
}

const { eventsForgottenAtOnce, eventsKeptPerRoom } = limits.chat;
const forgets = (sequence: number) => sequence % eventsForgottenAtOnce === 0 && sequence > eventsKeptPerRoom;

export function createChatWrites(needs: {
  database: Database<ChatTables>;
  store: EventStore;
  bus: Bus;
  metrics: Metrics;
}): ChatWrites {
  const { database, store, bus } = needs;
  const count = createEventCounter(needs.metrics, "chat");

  async function append(tx: Queries<ChatTables>, event: NewEvent): Promise<StoredEvent> {
    const { roomId, messageId } = event;
    const taken = await store.takeNumber(tx, roomId, event.countsMessage === true ? 1 : 0);
    if (taken === undefined) throw new Error(`an event for room ${roomId}, which does not exist`);
    const { sequence, messageCount } = taken;
    const stored = numbered(event, sequence);
    await store.insert(tx, { roomId, sequence, messageId, body: stored.body, names: namedIn(stored.event) });
    if (forgets(sequence)) await store.forget(tx, roomId, sequence - eventsKeptPerRoom);
    return { ...stored, messageCount };
  }

  function appended(stored: NumberedEvent): void {
    count(stored.event.payload.case);
    ring(bus, stored);
  }

  async function write<Result>(options: WriteOptions, work: (write: ChatWrite) => Promise<Result>): Promise<Result> {
    const happened: StoredEvent[] = [];
    const result = await database.write((tx) => {
      happened.length = 0;
      return work({
        tx,
        async append(event) {
          const stored = await append(tx, event);
          happened.push(stored);
          return stored;
        },
      });
    }, options);
    // Works of one commit resolve in the order in which they ran, so bells ring in the order of the numbers.
    for (const each of happened) appended(each);
    return result;
  }

  return {
    write: (work) => write({}, work),
    about: (keys, work) => write({ keys }, work),
    appended,
  };
}
