import { ModerationAction } from "#gen/veza/chat/v1/moderation_pb.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { MessageId, UserId } from "../platform/ids.ts";
import type { Caller } from "./access.ts";
import { invalidField, requireAllowedWords, requireContent } from "./content.ts";
import { messageDeleted } from "./errors.ts";
import type { ChatWrite, ChatWrites } from "./events/event-log.ts";
import { userKey } from "./keys.ts";
import { existing, keysOfMessage, loadMessage, type MessageAccess, requireAbove } from "./message-access.ts";
import type { MessageChanges } from "./message-changes.ts";
import { messageWarned } from "./message-facts.ts";
import { requireReportSpace } from "./report-space.ts";
import type { MemberStore } from "./store/member-store.ts";
import type { MessageStore, StoredMessage } from "./store/message-store.ts";
import type { LoggedAction, ModerationLog } from "./store/moderation-log.ts";
import type { ReportStore } from "./store/report-store.ts";
import type { ChatTables } from "./tables.ts";

/** What a moderator wants done with a message. */
export interface Measure {
  readonly messageId: MessageId;
  readonly action: ModerationAction;
  readonly reason: string;
  /** For EDIT: what the message shall say. */
  readonly content: string | undefined;
}

export interface MessageModeration {
  /** The message as it now is. What is thrown is in the contract; INVALID_FIELD for an EDIT without content. */
  moderate(caller: Caller, measure: Measure): Promise<StoredMessage>;
}

/** Everything that one act needs to know. */
interface Act extends MessageAccess {
  readonly write: ChatWrite;
  readonly actorId: UserId;
  readonly at: number;
  readonly reason: string;
  readonly content: string | undefined;
}

interface Kind {
  readonly logged: LoggedAction;
  /** False when everything was as it shall be already: then nothing happened, and nothing is logged. */
  act(act: Act): Promise<boolean>;
}

export function createMessageModeration(needs: {
  database: Database<ChatTables>;
  writes: ChatWrites;
  clock: Clock;
  changes: MessageChanges;
  store: MessageStore;
  members: MemberStore;
  reports: ReportStore;
  log: ModerationLog;
}): MessageModeration {
  const { database, writes, clock, changes, store, members, reports, log } = needs;

  const kinds: Readonly<Partial<Record<ModerationAction, Kind>>> = {
    [ModerationAction.WARN]: {
      logged: "warn",
      async act({ write, message, actorId, at, reason }) {
        await write.append({ roomId: message.roomId, actorId, at, payload: messageWarned(message, reason) });
        return true;
      },
    },
    [ModerationAction.DELETE]: {
      logged: "delete",
      async act({ write, message, actorId, at }) {
        await changes.remove(write, message, { actorId, at });
        return true;
      },
    },
    [ModerationAction.EDIT]: {
      logged: "edit",
      async act({ write, message, access, actorId, at, content }) {
        if (content === undefined || content === message.content) return false;
        requireAllowedWords(access.room, content);
        await changes.rewrite(write, message, content, { actorId, at });
        return true;
      },
    },
    [ModerationAction.FLAG]: {
      logged: "flag",
      async act({ write, message, actorId, at, reason }) {
        const { roomId, id: messageId } = message;
        if ((await reports.findOpen(write.tx, messageId, actorId)) !== undefined) return false;
        await requireReportSpace(write.tx, reports, roomId, actorId);
        await reports.insert(write.tx, { roomId, messageId, reportedBy: actorId, reason, at });
        return true;
      },
    },
  };

  return {
    async moderate(caller, { messageId, action, reason, content }) {
      const kind = kinds[action];
      if (kind === undefined) throw invalidField("action has to say what is to be done");
      if (action === ModerationAction.EDIT) {
        if (content === undefined) throw invalidField("content is missing: what shall the message say?");
        requireContent(content);
      }
      const keys = [...(await keysOfMessage(database.read, store, messageId)), userKey(caller.userId)];
      return writes.about(keys, async (write) => {
        const { tx } = write;
        const at = clock.now();
        const found = await loadMessage(tx, store, caller, messageId, at);
        const { message } = found;
        await requireAbove(tx, members, found);
        if (message.isDeleted) {
          if (action === ModerationAction.DELETE) return message;
          throw messageDeleted();
        }
        if (!(await kind.act({ ...found, write, actorId: caller.userId, at, reason, content }))) return message;
        await log.add(tx, {
          roomId: message.roomId,
          actorId: caller.userId,
          targetUserId: message.senderId,
          targetMessageId: message.id,
          action: kind.logged,
          reason,
          at,
        });
        return existing(await store.find(tx, message.id));
      });
    },
  };
}
