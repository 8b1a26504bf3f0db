import { randomBytes } from "node:crypto";
import { MemberRole } from "#gen/veza/chat/v1/room_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database, Queries } from "../platform/database/database.ts";
import type { RoomId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import { loadAccess, may, type RoomAccess, requireActive, requireAllowed } from "./access.ts";
import { inviteInvalid, inviteNotFound, inviteRequired, limitReached, roleTooLow, roomNotFound } from "./errors.ts";
import type { ChatWrites } from "./events/event-log.ts";
import { roomKey } from "./keys.ts";
import { type Invite, type InviteKey, type InviteStore, opens } from "./store/invite-store.ts";
import type { ChatTables } from "./tables.ts";

/** Keys to rooms. */
export interface Invites {
  /** Makes a key that works for `validForMs`, for ever when undefined, and `maxUses` times, any number when 0. */
  create(
    caller: Principal,
    roomId: RoomId,
    bounds: { validForMs: number | undefined; maxUses: number },
  ): Promise<Invite>;
  /** The keys that still open, the last made first; for who is below an admin, only their own. */
  list(
    caller: Principal,
    roomId: RoomId,
    page: { readonly after: InviteKey | undefined; readonly limit: number },
  ): Promise<Invite[]>;
  /** Makes a key useless; one that is so already stays so. */
  revoke(caller: Principal, roomId: RoomId, code: string): Promise<void>;
  /**
   * Uses a key to a room up once, in the write that joins. `code` is empty when none was sent.
   * Throws INVITE_REQUIRED or INVITE_INVALID; ROOM_NOT_FOUND when the caller may not know of the room and holds
   * nothing that was ever a key to it.
   */
  redeem(tx: Queries<ChatTables>, access: RoomAccess, code: string, now: number): Promise<void>;
}

/** 12 characters that need no escaping in a URL: 72 bits, which nobody guesses. */
const newCode = () => randomBytes(9).toString("base64url");

export function createInvites(needs: {
  database: Database<ChatTables>;
  writes: ChatWrites;
  clock: Clock;
  invites: InviteStore;
}): Invites {
  const { database, writes, clock, invites } = needs;

  async function requireRoomForOneMore(tx: Queries<ChatTables>, roomId: RoomId, now: number): Promise<void> {
    const limit = limits.chat.invitesPerRoom;
    if ((await invites.count(tx, roomId)) < limit) return;
    await invites.forgetSpent(tx, roomId, now);
    if ((await invites.count(tx, roomId)) < limit) return;
    throw limitReached(`a room has at most ${limit} invites: revoke one first`, limit);
  }

  return {
    create: (caller, roomId, { validForMs, maxUses }) =>
      writes.about([roomKey(roomId)], async ({ tx }) => {
        const now = clock.now();
        const access = await loadAccess(tx, caller, roomId, now);
        requireAllowed(access, "invite");
        requireActive(access);
        await requireRoomForOneMore(tx, roomId, now);
        const invite: Invite = {
          code: newCode(),
          roomId,
          createdBy: caller.userId,
          createdAt: now,
          expiresAt: validForMs === undefined ? null : now + validForMs,
          maxUses,
          uses: 0,
        };
        await invites.insert(tx, invite);
        return invite;
      }),

    async list(caller, roomId, page) {
      const now = clock.now();
      const access = await loadAccess(database.read, caller, roomId, now);
      requireAllowed(access, "invite");
      const createdBy = access.rank >= MemberRole.ADMIN ? undefined : caller.userId;
      return invites.open(database.read, { ...page, roomId, createdBy, now });
    },

    revoke: (caller, roomId, code) =>
      writes.about([roomKey(roomId)], async ({ tx }) => {
        const now = clock.now();
        const access = await loadAccess(tx, caller, roomId, now, inviteNotFound);
        requireAllowed(access, "see", inviteNotFound);
        const invite = await invites.find(tx, roomId, code);
        if (invite === undefined) throw inviteNotFound();
        if (invite.createdBy !== caller.userId && access.rank < MemberRole.ADMIN) throw roleTooLow();
        if (opens(invite, now)) await invites.expire(tx, code, now);
      }),

    async redeem(tx, access, code, now) {
      const maySee = may(access, "see");
      if (code === "") throw maySee ? inviteRequired() : roomNotFound();
      const invite = await invites.find(tx, access.room.id, code);
      if (invite === undefined) throw maySee ? inviteInvalid() : roomNotFound();
      if (!opens(invite, now)) throw inviteInvalid();
      await invites.use(tx, code);
    },
  };
}
