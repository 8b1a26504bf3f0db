import type { Selectable } from "kysely";
import type { RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";
import type { Invite, InviteStore } from "./invite-store.ts";

/** Invites in SQL. */
export function createSqlInviteStore(): InviteStore {
  return {
    async insert(tx, invite) {
      await tx
        .insertInto("chat_invites")
        .values({
          code: invite.code,
          room_id: invite.roomId,
          created_by: Number(invite.createdBy),
          created_at: invite.createdAt,
          expires_at: invite.expiresAt,
          max_uses: invite.maxUses,
          uses: invite.uses,
        })
        .execute();
    },
    async find(queries, roomId, code) {
      const row = await queries
        .selectFrom("chat_invites")
        .selectAll()
        .where("code", "=", code)
        .where("room_id", "=", roomId)
        .executeTakeFirst();
      return row && fromRow(row);
    },
    async open(queries, { roomId, createdBy, now, after, limit }) {
      const rows = await queries
        .selectFrom("chat_invites")
        .selectAll()
        .where("room_id", "=", roomId)
        .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now)]))
        .where((eb) => eb.or([eb("max_uses", "=", 0), eb("uses", "<", eb.ref("max_uses"))]))
        .$if(createdBy !== undefined, (query) => query.where("created_by", "=", Number(createdBy)))
        .$if(after !== undefined, (query) =>
          query.where((eb) =>
            eb.or([
              eb("created_at", "<", after?.createdAt ?? 0),
              eb.and([eb("created_at", "=", after?.createdAt ?? 0), eb("code", ">", after?.code ?? "")]),
            ]),
          ),
        )
        .orderBy("created_at", "desc")
        .orderBy("code")
        .limit(limit)
        .execute();
      return rows.map(fromRow);
    },
    async use(tx, code) {
      await tx
        .updateTable("chat_invites")
        .set((eb) => ({ uses: eb("uses", "+", 1) }))
        .where("code", "=", code)
        .execute();
    },
    async expire(tx, code, at) {
      await tx.updateTable("chat_invites").set({ expires_at: at }).where("code", "=", code).execute();
    },
    async count(queries, roomId) {
      const { count } = await queries
        .selectFrom("chat_invites")
        .select((eb) => eb.fn.countAll().as("count"))
        .where("room_id", "=", roomId)
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async forgetSpent(tx, roomId, now) {
      await tx
        .deleteFrom("chat_invites")
        .where("room_id", "=", roomId)
        .where((eb) =>
          eb.or([eb("expires_at", "<=", now), eb.and([eb("max_uses", ">", 0), eb("uses", ">=", eb.ref("max_uses"))])]),
        )
        .execute();
    },
  };
}

function fromRow(row: Selectable<ChatTables["chat_invites"]>): Invite {
  return {
    code: row.code,
    roomId: row.room_id as RoomId,
    createdBy: String(row.created_by) as UserId,
    createdAt: Number(row.created_at),
    expiresAt: row.expires_at === null ? null : Number(row.expires_at),
    maxUses: row.max_uses,
    uses: row.uses,
  };
}
