import { randomInt, randomUUID } from "node:crypto";

declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

/** Decimal digits of an account's number: a string everywhere but in SQL, as int64 does not fit a JavaScript number. */
export type UserId = Id<"user">;
export type SessionId = Id<"session">;
export type RoomId = Id<"room">;
export type MessageId = Id<"message">;
export type SanctionId = Id<"sanction">;
export type StreamId = Id<"stream">;
export type ListenerId = Id<"listener">;
export type RecordingId = Id<"recording">;
/** One running process of a part. */
export type InstanceId = Id<"instance">;
export type ReportId = Id<"report">;
export type AttachmentId = Id<"attachment">;
/** Something that an administrator did. */
export type AuditedActId = Id<"audited act">;
export type LogEntryId = Id<"moderation log entry">;

const counterBits = 12;
let lastMs = 0;
let counter = 0;

/**
 * A new UUIDv7: later ids sort after earlier ones, within one process strictly (RFC 9562 §6.2, a counter that begins at
 * random in its lower half each millisecond). The random part is Node's own, which draws for many ids at a time.
 */
export function newId<T extends Id<string>>(): T {
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    counter = randomInt(1 << (counterBits - 1));
  } else {
    counter += 1;
    if (counter >>> counterBits !== 0) {
      // More ids than a millisecond holds: the clock is lent one.
      lastMs += 1;
      counter = 0;
    }
  }
  const time = lastMs.toString(16).padStart(12, "0");
  const count = counter.toString(16).padStart(3, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${randomUUID().slice(19)}` as T;
}
