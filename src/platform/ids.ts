import { v7 } from "uuid";

declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

/** Decimal digits of an account's number: a string everywhere but in SQL, as int64 does not fit a JavaScript number. */
export type UserId = Id<"user">;
export type SessionId = Id<"session">;
export type RoomId = Id<"room">;
export type MessageId = Id<"message">;
export type SanctionId = Id<"sanction">;

/** A new UUIDv7: later ids sort after earlier ones, within one process strictly. */
export function newId<T extends Id<string>>(): T {
  return v7() as T;
}
