import type { SanctionKind } from "#gen/veza/chat/v1/moderation_pb.ts";
import type { Queries } from "../../platform/database/database.ts";
import type { RoomId, SanctionId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";

/** Something imposed on a user of a room. Times are milliseconds since 1970. */
export interface Sanction {
  readonly id: SanctionId;
  readonly roomId: RoomId;
  readonly userId: UserId;
  readonly username: string;
  readonly kind: SanctionKind;
  readonly reason: string;
  readonly createdBy: UserId;
  readonly createdAt: number;
  /** Null for good. */
  readonly expiresAt: number | null;
}

/** As much of a sanction as decides whether it holds. */
export type Holding = Pick<Sanction, "expiresAt">;

/** Whether a sanction still holds. */
export function holds(sanction: Holding, now: number): boolean {
  return sanction.expiresAt === null || sanction.expiresAt > now;
}

/** Keeps mutes and bans: at most one of a kind for a user in a room. */
export interface SanctionStore {
  /** Imposes a sanction in place of the one of its kind that the user may already have in the room. */
  put(tx: Queries<ChatTables>, sanction: Sanction): Promise<void>;
  /** The sanction of this kind, also one that ran out; undefined when there is none. */
  find(queries: Queries<ChatTables>, roomId: RoomId, userId: UserId, kind: SanctionKind): Promise<Sanction | undefined>;
  remove(tx: Queries<ChatTables>, sanctionId: SanctionId): Promise<void>;
  /** Sanctions of a room that hold at `now`, with ids before `before`, the newest first, at most `limit`. */
  list(
    queries: Queries<ChatTables>,
    roomId: RoomId,
    page: { before: SanctionId | undefined; limit: number },
    now: number,
  ): Promise<Sanction[]>;
  /** Sanctions anywhere that ran out by `now`, the first to run out first, at most `limit`. */
  ranOut(queries: Queries<ChatTables>, now: number, limit: number): Promise<Sanction[]>;
}
