import type { MessageType } from "#gen/veza/chat/v1/message_pb.ts";
import { MemberRole, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database, Queries } from "../platform/database/database.ts";
import type { MessageId, RoomId } from "../platform/ids.ts";
import { type Requests, requestOf } from "../platform/requests/requests.ts";
import {
  type Caller,
  loadAccess,
  type RoomAccess,
  requireActive,
  requireAllowed,
  requireRead,
  requireWrite,
} from "./access.ts";
import { type Attachments, typeWithoutFiles } from "./attachments/attachments.ts";
import { requireAllowedWords, requireContent } from "./content.ts";
import { requireReach } from "./direct-reach.ts";
import { directRoom, messageDeleted, messageNotFound, replyElsewhere, roleTooLow, slowMode } from "./errors.ts";
import type { ChatWrites } from "./events/event-log.ts";
import { requestKeys, roomKey } from "./keys.ts";
import { mentionedNames } from "./mentioned-names.ts";
import { existing, keysOfMessage, loadMessage, requireAbove } from "./message-access.ts";
import type { MessageChanges } from "./message-changes.ts";
import { type MessagePage, type PageRequest, readPage } from "./message-page.ts";
import type { PromptSends } from "./prompt-sends.ts";
import type { DirectStore } from "./store/direct-store.ts";
import type { Member, MemberStore } from "./store/member-store.ts";
import type { MessageStore, StoredMessage } from "./store/message-store.ts";
import type { ModerationLog } from "./store/moderation-log.ts";
import type { ChatTables } from "./tables.ts";

/** What somebody wants to say in a room. */
export interface Draft {
  readonly roomId: RoomId;
  readonly content: string;
  /** UNSPECIFIED for whatever fits. */
  readonly type: MessageType;
  readonly replyTo: MessageId | undefined;
  /** Empty: sending again says it again. */
  readonly requestId: string;
  readonly attachmentIds: readonly string[];
}

/** What is said in rooms. What each method throws is in the contract. */
export interface Messages {
  send(caller: Principal, draft: Draft): Promise<StoredMessage>;
  edit(caller: Caller, messageId: MessageId, content: string): Promise<StoredMessage>;
  delete(caller: Caller, messageId: MessageId): Promise<void>;
  history(caller: Caller, page: PageRequest): Promise<MessagePage>;
  /**
   * A message and the answers to it, the oldest first, at most `limit`; after the first page only the answers with
   * numbers after `after`.
   */
  thread(
    caller: Caller,
    messageId: MessageId,
    page: { readonly after: number | undefined; readonly limit: number },
  ): Promise<StoredMessage[]>;
}

export function createMessages(needs: {
  database: Database<ChatTables>;
  writes: ChatWrites;
  clock: Clock;
  changes: MessageChanges;
  requests: Requests<ChatTables>;
  store: MessageStore;
  directs: DirectStore;
  members: MemberStore;
  attachments: Pick<Attachments, "enclose">;
  log: ModerationLog;
  /** Where the store can take a message in one question. */
  prompt: PromptSends | undefined;
}): Messages {
  const { prompt, database, writes, clock, changes, requests, store, directs, members, attachments, log } = needs;

  /** A conversation moves up for both users; elsewhere it matters when this member wrote last. */
  async function rememberWriting(tx: Queries<ChatTables>, message: StoredMessage, type: RoomType): Promise<void> {
    const { roomId, senderId, createdAt } = message;
    if (type === RoomType.DIRECT) await directs.touch(tx, roomId, senderId, createdAt);
    else await store.rememberWriting(tx, roomId, senderId, createdAt);
  }

  return {
    // The busiest path of the service: every query on it is compiled once, and nothing is read twice.
    async send(caller, { roomId, content, type, replyTo, requestId, attachmentIds }) {
      // A picture says enough by itself.
      if (content !== "" || attachmentIds.length === 0) requireContent(content);
      const request = requestOf(caller.userId, requestId, "SendMessage", [
        roomId,
        content,
        type,
        replyTo ?? null,
        ...attachmentIds,
      ]);
      // What touches nothing but the room and its sender.
      const isPlain = replyTo === undefined && attachmentIds.length === 0 && mentionedNames(content, 1).length === 0;
      if (prompt !== undefined && isPlain) {
        const plain = { roomId, content, type: typeWithoutFiles(type) };
        const sent = await prompt.send(caller, plain, request, (access, at) => {
          // In a conversation of two it depends on the other one too.
          if (access.room.type === RoomType.DIRECT) throw directRoom();
          requireSaying(access, content, at);
        });
        if (sent !== undefined) return sent;
      }
      const keys = [roomKey(roomId), ...requestKeys(request)];
      return writes.about(keys, async (write) => {
        const { tx } = write;
        // First of all: who sends again after a lost answer hears of the message, whatever has changed since.
        const earlier = await requests.earlierResult(tx, request);
        if (earlier !== undefined) return existing(await store.find(tx, earlier as MessageId));

        const at = clock.now();
        const access = await loadAccess(tx, caller, roomId, at);
        requireSaying(access, content, at);
        await requireReach(tx, { members, directs }, access.room, caller.userId);
        if (replyTo !== undefined && !(await store.countReply(tx, roomId, replyTo))) throw replyElsewhere();

        const enclosed = await attachments.enclose(tx, caller.userId, attachmentIds, type);
        const message = await changes.post(write, { roomId, sender: caller, content, ...enclosed, replyTo, at });
        await rememberWriting(tx, message, access.room.type);
        await requests.remember(tx, request, message.id);
        return message;
      });
    },

    async edit(caller, messageId, content) {
      requireContent(content);
      return writes.about(await keysOfMessage(database.read, store, messageId), async (write) => {
        const { tx } = write;
        const at = clock.now();
        const { message, access } = await loadMessage(tx, store, caller, messageId, at);
        requireWrite(access, messageNotFound);
        if (message.senderId !== caller.userId) throw roleTooLow();
        if (message.isDeleted) throw messageDeleted();
        if (message.content === content) return message;
        requireAllowedWords(access.room, content);
        await requireReach(tx, { members, directs }, access.room, caller.userId);
        return changes.rewrite(write, message, content, { actorId: caller.userId, at });
      });
    },

    async delete(caller, messageId) {
      await writes.about(await keysOfMessage(database.read, store, messageId), async (write) => {
        const { tx } = write;
        const at = clock.now();
        const found = await loadMessage(tx, store, caller, messageId, at);
        const { message, access } = found;
        const isOwn = message.senderId === caller.userId;
        if (isOwn) requireTakingBack(access);
        else await requireAbove(tx, members, found);
        if (message.isDeleted) return;
        await changes.remove(write, message, { actorId: caller.userId, at });
        if (isOwn) return;
        await log.add(tx, {
          roomId: message.roomId,
          actorId: caller.userId,
          targetUserId: message.senderId,
          targetMessageId: message.id,
          action: "delete",
          reason: "",
          at,
        });
      });
    },

    async history(caller, page) {
      const access = await loadAccess(database.read, caller, page.roomId, clock.now());
      requireRead(access);
      return readPage(database.read, store, page);
    },

    async thread(caller, messageId, { after, limit }) {
      const { message } = await loadMessage(database.read, store, caller, messageId, clock.now());
      if (after !== undefined) return store.answers(database.read, messageId, { after, limit });
      const answers = await store.answers(database.read, messageId, { after: 0, limit: limit - 1 });
      return [message, ...answers];
    },
  };
}

/** Throws unless the caller may say this in the room now: what `requireWrite` throws, SLOW_MODE or BLOCKED_WORD. */
function requireSaying(access: RoomAccess, content: string, now: number): void {
  requirePatience(access, requireWrite(access), now);
  requireAllowedWords(access.room, content);
}

/** Throws SLOW_MODE for a member who has to wait. */
function requirePatience({ room, rank }: RoomAccess, member: Member, now: number): void {
  if (room.slowModeMs === 0 || rank >= MemberRole.MODERATOR) return;
  const wait = member.lastMessageAt + room.slowModeMs - now;
  if (wait > 0) throw slowMode(wait);
}

/** Throws unless the caller may take back own words. A mute does not keep anybody from that. */
function requireTakingBack(access: RoomAccess): void {
  requireAllowed(access, "write", messageNotFound);
  requireActive(access);
}
