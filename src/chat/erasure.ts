import { LeaveReason } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { MemberRole, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import type { Bus } from "../platform/bus/bus.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { UserId } from "../platform/ids.ts";
import { followErased } from "../platform/peers/follow-erased.ts";
import type { AuthPeer } from "../platform/peers/peers.ts";
import { ringRoomRewritten } from "./events/bells.ts";
import type { ChatWrite, ChatWrites } from "./events/event-log.ts";
import { roomArchived } from "./facts.ts";
import { roomKey, userKey } from "./keys.ts";
import type { Memberships } from "./memberships.ts";
import { existing } from "./message-access.ts";
import { reactionRemoved } from "./message-facts.ts";
import type { AttachmentStore } from "./store/attachment-store.ts";
import type { ErasureStore } from "./store/erasure-store.ts";
import type { Member, MemberStore } from "./store/member-store.ts";
import type { MentionStore } from "./store/mention-store.ts";
import type { MessageStore } from "./store/message-store.ts";
import type { ReactionStore } from "./store/reaction-store.ts";
import type { RoomStore } from "./store/room-store.ts";
import type { ChatTables } from "./tables.ts";

const eventsAtOnce = 500;
const reactionsAtOnce = 100;
const filesAtOnce = 500;

export interface ErasureNeeds {
  readonly database: Database<ChatTables>;
  readonly writes: ChatWrites;
  readonly clock: Clock;
  readonly bus: Bus;
  readonly rooms: RoomStore;
  readonly members: MemberStore;
  readonly memberships: Memberships;
  readonly messages: Pick<MessageStore, "find" | "redactAuthor">;
  readonly reactions: ReactionStore;
  readonly mentions: MentionStore;
  readonly attachments: AttachmentStore;
  readonly erasures: ErasureStore;
  readonly auth: () => AuthPeer;
}

/**
 * Forgets the persons whose accounts auth has erased since the last time; rooms and what was said in them stay.
 * Every step can be taken again. Many small writes rather than one, so that others never wait for long.
 */
export function followErasures(needs: ErasureNeeds, signal: AbortSignal): Promise<void> {
  const { database, erasures, auth } = needs;
  async function forget(userIds: ReadonlySet<UserId>): Promise<void> {
    await database.write((tx) => erasures.mark(tx, userIds));
    // First: a call that was let in before can say nothing more, and what it has said is found by what follows.
    for (const userId of userIds) await endMemberships(needs, userId, signal);
    for (const userId of userIds) await forgetWords(needs, userId, signal);
    for (const userId of userIds) await dropFiles(needs, userId, signal);
    for (const userId of userIds) await takeBackReactions(needs, userId, signal);
    for (const userId of userIds) await unnameEvents(needs, userId, signal);
  }
  return followErased({ database, erased: erasures.followed, auth, forget }, signal);
}

async function forgetWords(
  { database, messages, mentions, erasures }: ErasureNeeds,
  userId: UserId,
  signal: AbortSignal,
) {
  let more = true;
  while (more && !signal.aborted) more = await database.write((tx) => messages.redactAuthor(tx, userId));
  more = true;
  while (more && !signal.aborted) more = await database.write((tx) => mentions.forgetUser(tx, userId));
  await database.write((tx) => erasures.forgetUser(tx, userId));
}

async function dropFiles({ database, attachments }: ErasureNeeds, userId: UserId, signal: AbortSignal) {
  let more = true;
  while (more && !signal.aborted) {
    more = await database.write((tx) => attachments.dropOf(tx, userId, filesAtOnce));
  }
  await database.write((tx) => attachments.forgetUsage(tx, userId));
}

async function takeBackReactions(
  { writes, clock, messages, reactions }: ErasureNeeds,
  userId: UserId,
  signal: AbortSignal,
) {
  let more = true;
  while (more && !signal.aborted) {
    more = await writes.write(async ({ tx, append }) => {
      const some = await reactions.ofUser(tx, userId, reactionsAtOnce);
      for (const reaction of some) {
        const { roomId } = existing(await messages.find(tx, reaction.messageId));
        await append({ roomId, at: clock.now(), payload: reactionRemoved(reaction) });
        await reactions.remove(tx, reaction);
      }
      return some.length === reactionsAtOnce;
    });
  }
}

async function unnameEvents({ database, bus, erasures }: ErasureNeeds, userId: UserId, signal: AbortSignal) {
  let more = true;
  while (more && !signal.aborted) {
    const places = await erasures.eventsNaming(database.read, userId, eventsAtOnce);
    for (const [roomId, inRoom] of Map.groupBy(places, (place) => place.roomId)) {
      await database.write(
        async (tx) => {
          for (const place of inRoom) await erasures.unnameEvent(tx, place, userId);
        },
        { keys: [roomKey(roomId)] },
      );
      // Also where the person is no member any more, the service remembers events for those who follow.
      ringRoomRewritten(bus, roomId);
    }
    more = places.length === eventsAtOnce;
  }
}

async function endMemberships(needs: ErasureNeeds, userId: UserId, signal: AbortSignal) {
  const { database, writes, members } = needs;
  for (const { roomId } of await members.ofUser(database.read, userId)) {
    if (signal.aborted) return;
    await writes.about([roomKey(roomId), userKey(userId)], async (write) => {
      const member = await members.find(write.tx, roomId, userId);
      if (member !== undefined) await endMembership(needs, write, member);
    });
  }
}

async function endMembership({ clock, rooms, members, memberships }: ErasureNeeds, write: ChatWrite, member: Member) {
  const { tx, append } = write;
  const { roomId } = member;
  const at = clock.now();
  await memberships.end(write, { ...member, username: "" }, { reason: LeaveReason.ERASED, at });
  if (member.role !== MemberRole.OWNER) return;
  const room = await rooms.find(tx, roomId);
  if (room === undefined || !room.isActive || room.type === RoomType.DIRECT) return;
  const heir = await members.heirOf(tx, roomId);
  if (heir !== undefined) {
    await memberships.change(write, heir, { role: MemberRole.OWNER, at });
  } else {
    await rooms.archive(tx, roomId);
    await append({ roomId, at, payload: roomArchived() });
  }
}
