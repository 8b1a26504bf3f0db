import { create, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { type ChatEvent, ChatEventSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { Database, Queries } from "../../platform/database/database.ts";
import { prepared } from "../../platform/database/prepared.ts";
import type { MessageId, RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";

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
  /** Made once the number is known, as a message carries it. */
  readonly payload: (sequence: number) => EventPayload;
}

/** What happened, as it was stored: the event and the bytes that followers get. */
export interface StoredEvent {
  readonly roomId: RoomId;
  readonly sequence: number;
  readonly event: ChatEvent;
  readonly body: Uint8Array;
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
  write<Result>(work: (write: ChatWrite) => Promise<Result>): Promise<Result>;
}
