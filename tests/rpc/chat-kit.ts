import { fromBinary } from "@bufbuild/protobuf";
import { type ChatEvent, ChatEventSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { MemberRole, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import type { ChatTables } from "#src/chat/tables.ts";
import type { TestApp } from "../kit/app.ts";
import { outcome } from "../kit/failures.ts";
import { type Person, person } from "../kit/people.ts";

/** One of each whom rules tell apart. */
export interface Cast {
  /** An administrator of the service, in no room. */
  readonly root: Person;
  readonly owner: Person;
  readonly moderator: Person;
  readonly member: Person;
  readonly other: Person;
  readonly muted: Person;
  readonly banned: Person;
  readonly stranger: Person;
}
export type Role = keyof Cast;

/** Registers them all; the first account of an app is its administrator. */
export async function castOf(app: TestApp): Promise<Cast> {
  const root = await person(app, "root");
  const names = ["owner", "moderator", "member", "other", "muted", "banned", "stranger"] as const;
  const rest = await Promise.all(names.map(async (name) => [name, await person(app, name)] as const));
  return { root, ...(Object.fromEntries(rest) as Omit<Cast, "root">) };
}

/** A room in which everybody is what their name says. */
export async function roomOf(cast: Cast, type: RoomType = RoomType.PUBLIC): Promise<string> {
  const { owner, moderator, member, other, muted, banned } = cast;
  const { room } = await owner.chat.createRoom({ name: "a room", type });
  const roomId = room?.id ?? "";
  const { invite } = await owner.chat.createInvite({ roomId });
  for (const joining of [moderator, member, other, muted, banned]) {
    await joining.chat.joinRoom({ roomId, ...(invite && { inviteCode: invite.code }) });
  }
  await owner.chat.setMemberRole({ roomId, userId: moderator.id, role: MemberRole.MODERATOR });
  await owner.chat.muteUser({ roomId, userId: muted.id });
  await owner.chat.banUser({ roomId, userId: banned.id });
  return roomId;
}

/** Says something and returns the message. */
export async function say(who: Person, roomId: string, content: string, replyTo?: string): Promise<Message> {
  const { message } = await who.chat.sendMessage({ roomId, content, ...(replyTo !== undefined && { replyTo }) });
  if (message === undefined) throw new Error("SendMessage answered without a message");
  return message;
}

/** `ok`, or the reason that the call failed for. */
export async function reasonOf(call: Promise<unknown>): Promise<string> {
  const ended = await outcome(call);
  return ended === "ok" ? ended : ended.reason;
}

/** The events of a room as they are stored, oldest first. */
export async function storedEvents(app: TestApp, roomId: string): Promise<ChatEvent[]> {
  const rows = await app.app.platform.database
    .withTables<ChatTables>("chat")
    .read.selectFrom("chat_events")
    .select("body")
    .where("room_id", "=", roomId)
    .orderBy("sequence")
    .execute();
  return rows.map(({ body }) => fromBinary(ChatEventSchema, body));
}
