import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { MessageId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import { requireActive, requireAllowed, requireVoice } from "./access.ts";
import { invalidField } from "./content.ts";
import { requireReach } from "./direct-reach.ts";
import { emojiOf } from "./emoji.ts";
import { limitReached, messageDeleted, messageNotFound } from "./errors.ts";
import type { ChatWrite, ChatWrites } from "./events/event-log.ts";
import { existing, keysOfMessage, loadMessage, type MessageAccess } from "./message-access.ts";
import { reactionAdded, reactionRemoved } from "./message-facts.ts";
import type { DirectStore } from "./store/direct-store.ts";
import type { MemberStore } from "./store/member-store.ts";
import type { MessageStore, StoredMessage } from "./store/message-store.ts";
import type { ReactionStore } from "./store/reaction-store.ts";
import type { ChatTables } from "./tables.ts";

/** What people show of a message without a word. Both answer the message as it then is; again, they change nothing. */
export interface Reactions {
  add(caller: Principal, messageId: MessageId, emoji: string): Promise<StoredMessage>;
  /** Like own words, an own reaction can be taken back also by who is muted or blocked. */
  remove(caller: Principal, messageId: MessageId, emoji: string): Promise<StoredMessage>;
}

export function createReactions(needs: {
  database: Database<ChatTables>;
  writes: ChatWrites;
  clock: Clock;
  store: MessageStore;
  reactions: ReactionStore;
  members: MemberStore;
  directs: DirectStore;
}): Reactions {
  const { database, writes, clock, store, reactions, members, directs } = needs;

  async function change(
    caller: Principal,
    messageId: MessageId,
    emoji: string,
    work: (write: ChatWrite, found: MessageAccess, emoji: string, at: number) => Promise<boolean>,
  ): Promise<StoredMessage> {
    const known = emojiOf(emoji);
    if (known === undefined) throw invalidField("emoji has to be exactly one emoji, such as 👍");
    return writes.about(await keysOfMessage(database.read, store, messageId), async (write) => {
      const at = clock.now();
      const found = await loadMessage(write.tx, store, caller, messageId, at);
      requireAllowed(found.access, "react", messageNotFound);
      requireActive(found.access);
      if (found.message.isDeleted) throw messageDeleted();
      const changed = await work(write, found, known, at);
      return changed ? existing(await store.find(write.tx, messageId)) : found.message;
    });
  }

  return {
    add: (caller, messageId, text) =>
      change(caller, messageId, text, async ({ tx, append }, { message, access }, emoji, at) => {
        const { userId } = caller;
        requireVoice(access);
        await requireReach(tx, { members, directs }, access.room, userId);
        const reaction = { messageId, emoji, userId };
        if (await reactions.has(tx, reaction)) return false;
        requireSpace(message, emoji);
        const event = { roomId: message.roomId, actorId: userId, at, payload: reactionAdded(reaction) };
        await reactions.add(tx, reaction, (await append(event)).sequence);
        return true;
      }),

    remove: (caller, messageId, text) =>
      change(caller, messageId, text, async ({ tx, append }, { message }, emoji, at) => {
        const { userId } = caller;
        const reaction = { messageId, emoji, userId };
        if (!(await reactions.has(tx, reaction))) return false;
        await append({ roomId: message.roomId, actorId: userId, at, payload: reactionRemoved(reaction) });
        await reactions.remove(tx, reaction);
        return true;
      }),
  };
}

/** Throws LIMIT_REACHED for one emoji too many. */
function requireSpace({ reactions }: StoredMessage, emoji: string): void {
  const { reactionKinds } = limits.chat;
  if (reactions.length < reactionKinds || reactions.some((sum) => sum.emoji === emoji)) return;
  throw limitReached(`a message takes at most ${reactionKinds} different emoji: choose one of them`, reactionKinds);
}
