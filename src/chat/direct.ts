import type { MessageType } from "#gen/veza/chat/v1/message_pb.ts";
import { MemberRole, RoomType, RoomVisibility } from "#gen/veza/chat/v1/room_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import { type MessageId, newId, type RoomId, type UserId } from "../platform/ids.ts";
import type { Peers } from "../platform/peers/peers.ts";
import { type Requests, requestOf } from "../platform/requests/requests.ts";
import type { Attachments } from "./attachments/attachments.ts";
import { requireContent } from "./content.ts";
import { accountClosed, blocked, messageNotFound, selfMessage, userNotFound } from "./errors.ts";
import type { ChatWrite, ChatWrites } from "./events/event-log.ts";
import { roomCreated } from "./facts.ts";
import { requestKeys, roomKey } from "./keys.ts";
import type { Memberships } from "./memberships.ts";
import { existing } from "./message-access.ts";
import type { MessageChanges } from "./message-changes.ts";
import { type MessagePage, type PageRequest, readPage } from "./message-page.ts";
import type { ConversationKey, DirectStore, DirectUser, StoredConversation } from "./store/direct-store.ts";
import type { ErasureStore } from "./store/erasure-store.ts";
import type { MessageStore, StoredMessage } from "./store/message-store.ts";
import type { Room } from "./store/room-store.ts";
import type { ChatTables } from "./tables.ts";

/** What somebody wants to say to one user. */
export interface DirectDraft {
  readonly recipientId: UserId;
  readonly content: string;
  readonly type: MessageType;
  /** Empty: sending again says it again. */
  readonly requestId: string;
  /** Of files that the caller has sent before. */
  readonly attachmentIds: readonly string[];
}

/** Conversations of two. What each method throws is in the contract. */
export interface Direct {
  send(caller: Principal, draft: DirectDraft): Promise<StoredMessage>;
  /** Nothing for two who never talked, nor for a user that there is not: who is there is not told here. */
  history(userId: UserId, otherId: UserId, page: Omit<PageRequest, "roomId" | "afterId">): Promise<MessagePage>;
  /** The last used first, at most `limit`. */
  conversations(
    userId: UserId,
    page: { readonly after: ConversationKey | undefined; readonly limit: number },
  ): Promise<StoredConversation[]>;
}

export function createDirect(needs: {
  database: Database<ChatTables>;
  writes: ChatWrites;
  clock: Clock;
  peers: () => Peers;
  changes: MessageChanges;
  requests: Requests<ChatTables>;
  store: MessageStore;
  directs: DirectStore;
  memberships: Memberships;
  erasures: ErasureStore;
  attachments: Pick<Attachments, "enclose">;
}): Direct {
  const { database, writes, clock, peers, changes, requests, store, directs, memberships, erasures } = needs;
  const { attachments } = needs;

  /** Makes the room of two users, unless the other one was faster. */
  async function openRoom(write: ChatWrite, first: DirectUser, second: DirectUser, at: number): Promise<RoomId> {
    const { tx, append } = write;
    const room = newDirectRoom(first.userId, at);
    if (!(await directs.insertRoom(tx, room, first.userId, second.userId))) {
      const found = await directs.findRoom(tx, first.userId, second.userId);
      if (found === undefined) throw new Error("a direct room is taken and cannot be found");
      return found;
    }
    await append({ roomId: room.id, actorId: first.userId, at, payload: roomCreated(room) });
    for (const user of [first, second]) {
      await memberships.begin(write, { roomId: room.id, user, role: MemberRole.MEMBER, at });
    }
    return room.id;
  }

  return {
    async send(caller, { recipientId, content, type, requestId, attachmentIds }) {
      // A picture says enough by itself.
      if (content !== "" || attachmentIds.length === 0) requireContent(content);
      if (recipientId === caller.userId) throw selfMessage();
      const said = [recipientId, content, type, ...attachmentIds];
      const request = requestOf(caller.userId, requestId, "SendDirectMessage", said);
      // Asked before the write begins: others wait for it.
      const [recipient] = await peers().auth.accounts([recipientId]);
      const work = async (write: ChatWrite) => {
        const { tx } = write;
        const earlier = await requests.earlierResult(tx, request);
        if (earlier !== undefined) return existing(await store.find(tx, earlier as MessageId));

        if (await erasures.isMarked(tx, caller.userId)) throw accountClosed();
        if (!recipient?.isActive || (await erasures.isMarked(tx, recipientId))) throw userNotFound();
        if (await directs.isBlocked(tx, caller.userId, recipientId)) throw blocked();
        const at = clock.now();
        const roomId =
          (await directs.findRoom(tx, caller.userId, recipientId)) ??
          (await openRoom(write, caller, { userId: recipientId, username: recipient.username }, at));

        const enclosed = await attachments.enclose(tx, caller.userId, attachmentIds, type);
        const message = await changes.post(write, { roomId, sender: caller, content, ...enclosed, at });
        await directs.touch(tx, roomId, caller.userId, at);
        await requests.remember(tx, request, message.id);
        return message;
      };
      // The room of two is found by them; while it is not there yet, others must not make it.
      const known = await directs.findRoom(database.read, caller.userId, recipientId);
      return known === undefined ? writes.write(work) : writes.about([roomKey(known), ...requestKeys(request)], work);
    },

    // A room is found by its two users, so nobody reads one that is not theirs.
    async history(userId, otherId, page) {
      const roomId = await directs.findRoom(database.read, userId, otherId);
      if (roomId !== undefined) return readPage(database.read, store, { ...page, roomId });
      if (page.beforeId !== undefined) throw messageNotFound();
      return { messages: [], hasMore: false };
    },

    conversations: (userId, page) => directs.conversations(database.read, userId, page),
  };
}

function newDirectRoom(createdBy: UserId, createdAt: number): Room {
  return {
    id: newId<RoomId>(),
    name: "",
    description: "",
    topic: "",
    type: RoomType.DIRECT,
    visibility: RoomVisibility.HIDDEN,
    createdBy,
    createdAt,
    isActive: true,
    headSequence: 0,
    memberCount: 0,
    messageCount: 0,
    slowModeMs: 0,
    blockedWords: [],
  };
}
