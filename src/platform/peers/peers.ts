import type { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import type { AccountRole, Principal } from "../access/principal.ts";
import type { Revocation } from "../access/revocations.ts";
import type { RoomId, StreamId, UserId } from "../ids.ts";

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

export interface RevokedPage {
  readonly revocations: readonly Revocation[];
  readonly next?: string;
}

/** What an administrator did to a stream, or in a room, of somebody else. */
export interface AuditedAct {
  /** Names it among all. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly actorId: UserId;
  readonly action: AuditAction;
  /** Whose stream it is, or to whom it was done; "0" for nobody. */
  readonly targetUserId: UserId;
  readonly targetStreamId?: StreamId;
  readonly targetRoomId?: RoomId;
  /** What is to be known besides, for a person to read. */
  readonly details: string;
}

/** Somebody whom an outside issuer of tokens vouches for. */
export type Visitor = Pick<Principal, "userId" | "username" | "role">;

/** What auth answers other services. */
export interface AuthPeer {
  /** Accounts by id; unknown ones are missing from the answer. At most 200 ids. */
  accounts(ids: readonly UserId[]): Promise<AccountFacts[]>;
  /** Erasures after a cursor, oldest first, at most 100. The bus rings `auth.erased` when there is a new one. */
  erasedAfter(sequence: number): Promise<ErasedAccount[]>;
  /**
   * What was revoked at or after a time, in milliseconds since 1970, a page at a time: `after` is the `next` of the page
   * before. The last page has none.
   */
  revokedSince(at: number, after?: string): Promise<RevokedPage>;
  /** Adds to the audit log what administrators did, at most 200 acts; those that are there already are left out. */
  addAudits(acts: readonly AuditedAct[]): Promise<void>;
  /** Remembers a visitor. Nothing happens where Veza keeps the accounts itself. */
  welcome(visitor: Visitor): Promise<void>;
}

export type Permission = "read" | "write" | "moderate";

/** How open the room of a stream is: found by everyone, by those who were invited, by members only. */
export type StreamRoomOpenness = "open" | "hidden" | "private";

/** The chat rooms of streams, as chat keeps them. */
export interface StreamRooms {
  /**
   * Makes a room that the owner owns, for a stream of this title. Repeated with the same `requestId` by the same owner
   * within 24 hours, it answers the room made first. Throws LIMIT_REACHED.
   */
  createStreamRoom(
    owner: { readonly userId: UserId; readonly username: string },
    title: string,
    openness: StreamRoomOpenness,
    requestId: string,
  ): Promise<RoomId>;
  /** Opens or closes a room that was made so. Nothing happens when it is so already, archived or gone. */
  setStreamRoomOpenness(roomId: RoomId, openness: StreamRoomOpenness): Promise<void>;
  /** Archives a room that was made so. Nothing happens when it is archived or gone already. */
  archiveStreamRoom(roomId: RoomId): Promise<void>;
  /** Whether a user is a member of a room, however much they may do in it. */
  isRoomMember(userId: UserId, roomId: RoomId): Promise<boolean>;
}

/** What chat answers other services. */
export interface ChatPeer extends StreamRooms {
  /** What a user may do with a room. Throws ROOM_NOT_FOUND when there is none or the user may not see it. */
  roomPermissions(userId: UserId, role: AccountRole, roomId: RoomId): Promise<Permission[]>;
}

/** What stream answers other services. */
export interface StreamPeer {
  /** What a user may do with a stream. Throws STREAM_NOT_FOUND when there is none or the user may not hear it. */
  streamPermissions(userId: UserId, role: AccountRole, streamId: string): Promise<Permission[]>;
}

/** Who answers what a user may do. */
export interface PermissionPeers {
  readonly chat: Pick<ChatPeer, "roomPermissions">;
  readonly stream: StreamPeer;
}

/** How services meet. In one process each answer is a function call. */
export interface Peers {
  readonly auth: AuthPeer;
  readonly chat: ChatPeer;
  readonly stream: StreamPeer;
}
