import { LeaveReason } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { MemberRole, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import type { Bus } from "../platform/bus/bus.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { RoomId, UserId } from "../platform/ids.ts";
import { followErased } from "../platform/peers/follow-erased.ts";
import type { AuthPeer } from "../platform/peers/peers.ts";
import { ringRoomRewritten } from "./events/bells.ts";
import type { ChatWrite, ChatWrites } from "./events/event-log.ts";
import { roomArchived } from "./facts.ts";
import { roomKey, userKey } from "./keys.ts";
import type { Memberships } from "./memberships.ts";
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
const messagesAtOnce = 200;
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
  readonly messages: Pick<MessageStore, "authored" | "redactAuthor">;
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

/**
 * Takes what there is a page at a time, and changes it a room at a time, so that others wait for one room at most.
 * `page` gives what is left to do.
 */
async function roomByRoom<Place extends { readonly roomId: RoomId }>(
  page: () => Promise<readonly Place[]>,
  change: (roomId: RoomId, places: readonly Place[]) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const places = await page();
    if (places.length === 0) return;
    for (const [roomId, inRoom] of Map.groupBy(places, (place) => place.roomId)) {
      if (signal.aborted) return;
      await change(roomId, inRoom);
    }
  }
}

async function forgetWords(needs: ErasureNeeds, userId: UserId, signal: AbortSignal) {
  const { database, messages, mentions, erasures } = needs;
  const { read } = database;
  await roomByRoom(
    () => messages.authored(read, userId, messagesAtOnce),
    (roomId, some) => {
      const ids = some.map(({ id }) => id);
      return database.write((tx) => messages.redactAuthor(tx, userId, ids), { keys: [roomKey(roomId)] });
    },
    signal,
  );
  await roomByRoom(
    () => mentions.mentioning(read, userId, messagesAtOnce),
    (roomId, some) => database.write((tx) => mentions.forgetUser(tx, userId, some), { keys: [roomKey(roomId)] }),
    signal,
  );
  await database.write((tx) => erasures.forgetUser(tx, userId), { keys: [userKey(userId)] });
}

async function dropFiles({ database, attachments }: ErasureNeeds, userId: UserId, signal: AbortSignal) {
  const keys = [userKey(userId)];
  let more = true;
  while (more && !signal.aborted) {
    more = await database.write((tx) => attachments.dropOf(tx, userId, filesAtOnce), { keys });
  }
  await database.write((tx) => attachments.forgetUsage(tx, userId), { keys });
}

async function takeBackReactions(needs: ErasureNeeds, userId: UserId, signal: AbortSignal) {
  const { database, writes, clock, reactions } = needs;
  await roomByRoom(
    () => reactions.ofUser(database.read, userId, reactionsAtOnce),
    (roomId, some) =>
      writes.about([roomKey(roomId)], async ({ tx, append }) => {
        for (const { messageId, emoji } of some) {
          const reaction = { messageId, emoji, userId };
          // The message may have been deleted meanwhile.
          if (!(await reactions.has(tx, reaction))) continue;
          await append({ roomId, at: clock.now(), payload: reactionRemoved(reaction) });
          await reactions.remove(tx, reaction);
        }
      }),
    signal,
  );
}

async function unnameEvents({ database, bus, erasures }: ErasureNeeds, userId: UserId, signal: AbortSignal) {
  await roomByRoom(
    () => erasures.eventsNaming(database.read, userId, eventsAtOnce),
    async (roomId, places) => {
      await database.write(
        async (tx) => {
          for (const place of places) await erasures.unnameEvent(tx, place, userId);
        },
        { keys: [roomKey(roomId)] },
      );
      // Also where the person is no member any more, the service remembers events for those who follow.
      ringRoomRewritten(bus, roomId);
    },
    signal,
  );
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
