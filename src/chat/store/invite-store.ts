import type { Queries } from "../../platform/database/database.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";

/** A key to a room. Times are milliseconds since 1970. */
export interface Invite {
  readonly code: string;
  readonly roomId: RoomId;
  readonly createdBy: UserId;
  readonly createdAt: number;
  /** Null for never. */
  readonly expiresAt: number | null;
  /** 0 for any number. */
  readonly maxUses: number;
  readonly uses: number;
}

/** The last key of the page before. */
export interface InviteKey {
  readonly createdAt: number;
  readonly code: string;
}

export interface InvitePage {
  readonly roomId: RoomId;
  /** Whose keys; undefined for everybody's. */
  readonly createdBy: UserId | undefined;
  readonly now: number;
  readonly after: InviteKey | undefined;
  readonly limit: number;
}

/** Whether the key still opens. */
export function opens(invite: Invite, now: number): boolean {
  return (
    (invite.expiresAt === null || invite.expiresAt > now) && (invite.maxUses === 0 || invite.uses < invite.maxUses)
  );
}

/** Keeps keys, also those that open no more: who holds one hears that it is over, not that there is no such room. */
export interface InviteStore {
  insert(tx: Queries<ChatTables>, invite: Invite): Promise<void>;
  /** The key to this room, also one that opens no more; undefined for another room's or none. */
  find(queries: Queries<ChatTables>, roomId: RoomId, code: string): Promise<Invite | undefined>;
  /** The keys to a room that open at `now`, the last made first, at most `limit`; those that somebody made, if named. */
  open(queries: Queries<ChatTables>, page: InvitePage): Promise<Invite[]>;
  /** Counts one use. */
  use(tx: Queries<ChatTables>, code: string): Promise<void>;
  /** Makes the key stop opening at this time. */
  expire(tx: Queries<ChatTables>, code: string, at: number): Promise<void>;
  /** How many keys a room has, also those that open no more. */
  count(queries: Queries<ChatTables>, roomId: RoomId): Promise<number>;
  /** Forgets the keys of a room that open no more at `now`. */
  forgetSpent(tx: Queries<ChatTables>, roomId: RoomId, now: number): Promise<void>;
}
