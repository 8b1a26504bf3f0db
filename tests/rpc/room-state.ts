import { type Message as AnyMessage, create, type DescMessage, toJson } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import { expect } from "vitest";
import type { ChatEvent } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { type Message, MessageSchema, ReactionSchema } from "#gen/veza/chat/v1/message_pb.ts";
import { type Sanction, type SanctionKind, SanctionSchema } from "#gen/veza/chat/v1/moderation_pb.ts";
import {
  type Member,
  MemberRoleSchema,
  MemberSchema,
  type Room,
  RoomSchema,
  RoomType,
} from "#gen/veza/chat/v1/room_pb.ts";
import type { Person } from "../kit/people.ts";

type Json = Record<string, unknown>;

/** What a client knows of a room: everything that all who read it see alike, as the contract spells it in JSON. */
export interface RoomState {
  head: number;
  room: Json;
  members: Map<string, Json>;
  sanctions: Map<string, Json>;
  messages: Map<string, Json>;
  /** The ids of pinned messages, the last pinned first. */
  pins: string[];
}

export function emptyState(): RoomState {
  return { head: 0, room: {}, members: new Map(), sanctions: new Map(), messages: new Map(), pins: [] };
}

const json = (schema: DescMessage, message: AnyMessage): Json =>
  toJson(schema, message, { alwaysEmitImplicit: true }) as Json;

/** Leaves out what is not the same for everybody, or counted elsewhere. */
function seenRoom(room: Room): Json {
  const { onlineCount, blockedWords, myRole, otherUserId, otherUsername, memberCount, headSequence, ...rest } = json(
    RoomSchema,
    room,
  );
  return rest;
}

function seenMember(member: Member): Json {
  const { isOnline, mutedUntil, ...rest } = json(MemberSchema, member);
  return rest;
}

const seenMessage = (message: Message): Json => json(MessageSchema, message);
const sanctionKey = ({ userId, kind }: { userId: string; kind: SanctionKind }) => `${kind} ${userId}`;

/** What a fresh reader sees. Nobody may change the room meanwhile. */
export async function readAfresh(reader: Person, roomId: string): Promise<RoomState> {
  const { room } = await reader.chat.getRoomInfo({ roomId });
  if (room === undefined) throw new Error("GetRoomInfo answered without a room");
  const { members } = await reader.chat.listMembers({ roomId, pageSize: 200 });
  const sanctions: Sanction[] =
    room.type === RoomType.DIRECT ? [] : (await reader.chat.listSanctions({ roomId, pageSize: 200 })).sanctions;
  const messages = new Map<string, Json>();
  for (let beforeId: string | undefined, more = true; more; ) {
    const page = await reader.chat.getMessageHistory({ roomId, limit: 200, ...(beforeId && { beforeId }) });
    for (const each of page.messages) messages.set(each.id, seenMessage(each));
    beforeId = page.messages.at(-1)?.id;
    more = page.hasMore;
  }
  const pinned = await reader.chat.listPinnedMessages({ roomId });
  expect(room.memberCount).toBe(members.length);
  return {
    head: Number(room.headSequence),
    room: seenRoom(room),
    members: new Map(members.map((member) => [member.userId, seenMember(member)])),
    sanctions: new Map(sanctions.map((sanction) => [sanctionKey(sanction), json(SanctionSchema, sanction)])),
    messages,
    pins: pinned.messages.map(({ id }) => id),
  };
}

function had<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(what);
  return value;
}

/** Takes one event in, as a client would. */
export function takeIn(state: RoomState, { sequence, occurredAt, payload }: ChatEvent): void {
  expect(Number(sequence), "no event is missing, none comes twice").toBe(state.head + 1);
  state.head = Number(sequence);
  const unpin = (id: string) => {
    state.pins = state.pins.filter((pinned) => pinned !== id);
  };
  const messageOf = (id: string) => had(state.messages.get(id), `${payload.case} of a message that nobody sent`);
  const { case: kind, value } = payload;
  switch (kind) {
    case "roomCreated":
    case "roomUpdated":
      state.room = seenRoom(had(value.room, `${kind} without a room`));
      break;
    case "roomArchived":
      state.room = { ...state.room, isActive: false };
      break;
    case "memberJoined": {
      const member = had(value.member, "MemberJoined without a member");
      expect(state.members.has(member.userId), "nobody joins twice").toBe(false);
      state.members.set(member.userId, seenMember(member));
      break;
    }
    case "memberLeft":
      expect(state.members.delete(value.userId), "only members leave").toBe(true);
      break;
    case "memberRoleChanged": {
      const member = had(state.members.get(value.userId), "the role of who is no member changed");
      member.role = MemberRoleSchema.value[value.role]?.name;
      break;
    }
    case "sanctionImposed": {
      const sanction = had(value.sanction, "SanctionImposed without a sanction");
      state.sanctions.set(sanctionKey(sanction), json(SanctionSchema, sanction));
      break;
    }
    case "sanctionLifted":
      expect(state.sanctions.delete(sanctionKey(value)), "only what was imposed is lifted").toBe(true);
      break;
    case "messageSent": {
      const message = had(value.message, "MessageSent without a message");
      expect(message.sequence).toBe(sequence);
      state.messages.set(message.id, seenMessage(message));
      const answered = state.messages.get(message.replyTo ?? "");
      if (answered !== undefined) answered.replyCount = Number(answered.replyCount) + 1;
      break;
    }
    case "messageEdited": {
      const message = had(value.message, "MessageEdited without a message");
      messageOf(message.id);
      state.messages.set(message.id, seenMessage(message));
      break;
    }
    case "messageDeleted":
      Object.assign(messageOf(value.messageId), {
        content: "",
        isDeleted: true,
        reactions: [],
        mentions: [],
        attachments: [],
        pinned: false,
        updatedAt: occurredAt && json(TimestampSchema, occurredAt),
      });
      unpin(value.messageId);
      break;
    case "reactionAdded": {
      const message = messageOf(value.messageId);
      const reactions = message.reactions as Json[];
      const found = reactions.find(({ emoji }) => emoji === value.emoji);
      if (found === undefined) {
        const reaction = create(ReactionSchema, { emoji: value.emoji, userIds: [value.userId], count: 1 });
        message.reactions = [...reactions, json(ReactionSchema, reaction)];
      } else {
        found.userIds = [...(found.userIds as string[]), value.userId];
        found.count = Number(found.count) + 1;
      }
      break;
    }
    case "reactionRemoved": {
      const message = messageOf(value.messageId);
      for (const reaction of message.reactions as Json[]) {
        if (reaction.emoji !== value.emoji) continue;
        reaction.userIds = (reaction.userIds as string[]).filter((userId) => userId !== value.userId);
        reaction.count = Number(reaction.count) - 1;
      }
      message.reactions = (message.reactions as Json[]).filter(({ count }) => count !== 0);
      break;
    }
    case "messagePinned":
      messageOf(value.messageId).pinned = true;
      unpin(value.messageId);
      state.pins.unshift(value.messageId);
      break;
    case "messageUnpinned":
      messageOf(value.messageId).pinned = false;
      unpin(value.messageId);
      break;
    case "messageWarned":
      messageOf(value.messageId);
      break;
    default:
      throw new Error(`nothing is known of the event ${kind}: teach this test what it changes`);
  }
}
