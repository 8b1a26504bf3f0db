import type { CompiledQuery, DialectAdapter } from "kysely";
import { SanctionKind } from "#gen/veza/chat/v1/moderation_pb.ts";
import type { Queries } from "../../platform/database/database.ts";
import { prepared } from "../../platform/database/prepared.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables, MembersTable, RoomsTable, SanctionsTable } from "../tables.ts";
import type { Member } from "./member-store.ts";
import type { Room } from "./room-store.ts";
import { memberOf, roomOf } from "./rows.ts";
import type { Holding } from "./sanction-store.ts";

/** What the store knows of a user and a room. Sanctions may have run out. */
export interface AccessRow {
  readonly room: Room;
  readonly member: Member | undefined;
  readonly mute: Holding | undefined;
  readonly ban: Holding | undefined;
  /** Whether the account is erased and the user no member any more; not looked at for members. */
  readonly isErased: boolean;
}

/** Columns of a left join: all of them null when there is no such row. */
type Joined<Prefix extends string, Row> = {
  [Column in keyof Row as `${Prefix}_${Column & string}`]: Row[Column] | null;
};
type Held = Pick<SanctionsTable, "id" | "expires_at">;
type Row = RoomsTable &
  Joined<"member", MembersTable> &
  Joined<"mute", Held> &
  Joined<"ban", Held> & { erased_id: number | null };
type Parameters = { userId: number; roomId: string };

function build(queries: Queries<ChatTables>) {
  return prepared<Parameters, Row>((parameter) =>
    queries
      .selectFrom("chat_rooms as room")
      .leftJoin("chat_members as member", (join) =>
        join.onRef("member.room_id", "=", "room.id").on("member.user_id", "=", parameter.userId),
      )
      .leftJoin("chat_sanctions as mute", (join) =>
        join
          .onRef("mute.room_id", "=", "room.id")
          .on("mute.user_id", "=", parameter.userId)
          .on("mute.kind", "=", SanctionKind.MUTE),
      )
      .leftJoin("chat_sanctions as ban", (join) =>
        join
          .onRef("ban.room_id", "=", "room.id")
          .on("ban.user_id", "=", parameter.userId)
          .on("ban.kind", "=", SanctionKind.BAN),
      )
      .leftJoin("chat_erased_users as erased", (join) =>
        join.on("erased.user_id", "=", parameter.userId).on("member.user_id", "is", null),
      )
      .where("room.id", "=", parameter.roomId)
      .selectAll("room")
      .select([
        "member.room_id as member_room_id",
        "member.user_id as member_user_id",
        "member.username as member_username",
        "member.role as member_role",
        "member.joined_at as member_joined_at",
        "member.last_message_at as member_last_message_at",
        "member.last_read_sequence as member_last_read_sequence",
        "mute.id as mute_id",
        "mute.expires_at as mute_expires_at",
        "ban.id as ban_id",
        "ban.expires_at as ban_expires_at",
        "erased.user_id as erased_id",
      ]),
  );
}

/** Compiled once for each database that this process has open: they may differ in their SQL. */
const compiled = new WeakMap<DialectAdapter, (values: Parameters) => CompiledQuery<Row>>();

/** Finds a room and everything that decides what a user may do with it, in one query. Undefined without a room. */
export async function findAccess(
  queries: Queries<ChatTables>,
  userId: UserId,
  roomId: RoomId,
): Promise<AccessRow | undefined> {
  const { adapter } = queries.getExecutor();
  const query = compiled.get(adapter) ?? build(queries);
  compiled.set(adapter, query);
  const { rows } = await queries.executeQuery(query({ userId: Number(userId), roomId }));
  const row = rows[0];
  return (
    row && {
      room: roomOf(row),
      member: memberIn(row),
      mute: sanctionIn(row, "mute"),
      ban: sanctionIn(row, "ban"),
      isErased: row.erased_id !== null,
    }
  );
}

function memberIn(row: Row): Member | undefined {
  if (row.member_user_id === null) return undefined;
  return memberOf({
    room_id: row.member_room_id,
    user_id: row.member_user_id,
    username: row.member_username,
    role: row.member_role,
    joined_at: row.member_joined_at,
    last_message_at: row.member_last_message_at,
    last_read_sequence: row.member_last_read_sequence,
  } as MembersTable);
}

function sanctionIn(row: Row, kind: "mute" | "ban"): Holding | undefined {
  return row[`${kind}_id`] === null ? undefined : { expiresAt: row[`${kind}_expires_at`] };
}
