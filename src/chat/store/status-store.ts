import type { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import type { Queries } from "../../platform/database/database.ts";
import type { UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";

/** How a user wants to be seen, and when others last could see them. */
export interface StoredStatus {
  readonly status: PresenceStatus;
  readonly text: string;
  /** Milliseconds since 1970; undefined when it is not known. */
  readonly lastSeenAt: number | undefined;
}

type Tx = Queries<ChatTables>;

/** Remembers how users want to be seen, but nothing of erased accounts. Who never said is not there. */
export interface StatusStore {
  /** At most 200. */
  find(queries: Tx, userIds: readonly UserId[]): Promise<Map<UserId, StoredStatus>>;
  /** `seenAt` is when others last could see the user, if that changes now. */
  set(
    tx: Tx,
    userId: UserId,
    wish: { status: PresenceStatus; text: string; seenAt: number | undefined },
  ): Promise<void>;
  /** Others could see these users until now. Those who do not want to be seen stay as they are. */
  leftAt(tx: Tx, userIds: readonly UserId[], at: number): Promise<void>;
}
