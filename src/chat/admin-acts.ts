import { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import { MemberRole } from "#gen/veza/chat/v1/room_pb.ts";
import type { Queries } from "../platform/database/database.ts";
import { type AuditedActId, newId, type RoomId, type UserId } from "../platform/ids.ts";
import type { AdminActStore } from "./store/admin-act-store.ts";
import type { MemberStore } from "./store/member-store.ts";
import type { LoggedAction, ModerationLog } from "./store/moderation-log.ts";
import type { ChatTables } from "./tables.ts";

/** Who did what, in which room, and when (milliseconds since 1970). */
interface Act {
  readonly roomId: RoomId;
  readonly actorId: UserId;
  readonly at: number;
}

/**
 * What administrators do in rooms where they could not do it as members. It is noted in the write that does it, so that
 * nothing is done that is not written down, and told to auth, which keeps the audit log.
 */
export interface AdminActs {
  /** Settings were changed. `details` names them. */
  noteChange(tx: Queries<ChatTables>, act: Act, details: string): Promise<void>;
  /** The same log, which also notes. */
  noting(log: ModerationLog): ModerationLog;
}

/** Whom a room lets do it as a member, where that is not every moderator. */
const leastRoles: Readonly<Partial<Record<LoggedAction, MemberRole>>> = { role: MemberRole.ADMIN };

export function createAdminActs(needs: { store: AdminActStore; members: Pick<MemberStore, "find"> }): AdminActs {
  const { store, members } = needs;

  async function note(
    tx: Queries<ChatTables>,
    { roomId, actorId, at }: Act,
    least: MemberRole,
    what: { readonly action: AuditAction; readonly targetUserId: UserId; readonly details: string },
  ): Promise<void> {
    const member = await members.find(tx, roomId, actorId);
    if (member !== undefined && member.role >= least) return;
    await store.insert(tx, { id: newId<AuditedActId>(), at, actorId, targetRoomId: roomId, ...what });
  }

  return {
    noteChange: (tx, act, details) =>
      note(tx, act, MemberRole.ADMIN, {
        action: AuditAction.CHANGE_ROOM,
        targetUserId: "0" as UserId,
        details,
      }),
    noting: (log) => ({
      ...log,
      async add(tx, entry) {
        await log.add(tx, entry);
        const { action, reason, targetUserId = "0" as UserId } = entry;
        await note(tx, entry, leastRoles[action] ?? MemberRole.MODERATOR, {
          action: AuditAction.MODERATE_ROOM,
          targetUserId,
          details: reason === "" ? action : `${action}: ${reason}`,
        });
      },
    }),
  };
}
