import type { AccountRole } from "../access/principal.ts";
import type { RoomId, UserId } from "../ids.ts";

/** What other services may know of an account. */
export interface AccountFacts {
  readonly id: UserId;
  readonly username: string;
  readonly role: AccountRole;
  readonly isActive: boolean;
}

/** An account that was erased: everyone else forgets the person. */
export interface ErasedAccount {
  /** Grows with each erasure: the cursor to read on from. */
  readonly sequence: number;
  readonly userId: UserId;
}

/** What auth answers other services. */
export interface AuthPeer {
  /** Accounts by id; unknown ones are missing from the answer. At most 200 ids. */
  accounts(ids: readonly UserId[]): Promise<AccountFacts[]>;
  /** Erasures after a cursor, oldest first, at most 100. The bus rings `auth.erased` when there is a new one. */
  erasedAfter(sequence: number): Promise<ErasedAccount[]>;
}

export type Permission = "read" | "write" | "moderate";

/** What chat answers other services. */
export interface ChatPeer {
  /** What a user may do with a room. Throws ROOM_NOT_FOUND when there is none or the user may not see it. */
  roomPermissions(userId: UserId, role: AccountRole, roomId: RoomId): Promise<Permission[]>;
}

/** What stream answers other services. */
export interface StreamPeer {
  /** What a user may do with a stream. Throws STREAM_NOT_FOUND when there is none or the user may not hear it. */
  streamPermissions(userId: UserId, role: AccountRole, streamId: string): Promise<Permission[]>;
}

/** How services meet. In one process each answer is a function call. */
export interface Peers {
  readonly auth: AuthPeer;
  readonly chat: ChatPeer;
  readonly stream: StreamPeer;
}
