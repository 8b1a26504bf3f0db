import { ReportResolution } from "#gen/veza/chat/v1/moderation_pb.ts";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database, Queries } from "../platform/database/database.ts";
import type { MessageId, ReportId, RoomId } from "../platform/ids.ts";
import { type Caller, loadAccess, requireModerate } from "./access.ts";
import { directRoom, messageDeleted, notAMember, reportNotFound } from "./errors.ts";
import { roomKey, userKey } from "./keys.ts";
import { existing, keysOfMessage, loadMessage } from "./message-access.ts";
import { requireReportSpace } from "./report-space.ts";
import type { MessageStore, StoredMessage } from "./store/message-store.ts";
import type { ModerationLog } from "./store/moderation-log.ts";
import type { ReportStore, StoredReport } from "./store/report-store.ts";
import type { ChatTables } from "./tables.ts";

/** A report with the message as it is now. */
export interface SeenReport {
  readonly report: StoredReport;
  readonly message: StoredMessage;
}

/** What members tell moderators about messages. What each method throws is in the contract. */
export interface Reports {
  /** Again for the same message, while the first is open, it answers the first. */
  file(caller: Caller, messageId: MessageId, reason: string): Promise<ReportId>;
  /** The open reports of a room, the oldest first, at most `limit`. */
  open(
    caller: Caller,
    roomId: RoomId,
    page: { readonly after: string | undefined; readonly limit: number },
  ): Promise<SeenReport[]>;
  /** Ends a report. One that is ended already stays as it ended. */
  resolve(caller: Caller, id: ReportId, resolution: ReportResolution): Promise<SeenReport>;
}

const loggedReasons: Readonly<Partial<Record<ReportResolution, string>>> = {
  [ReportResolution.ACTED]: "acted",
  [ReportResolution.DISMISSED]: "dismissed",
};

export function createReports(needs: {
  database: Database<ChatTables>;
  clock: Clock;
  messages: Pick<MessageStore, "find" | "findAll">;
  store: ReportStore;
  log: ModerationLog;
}): Reports {
  const { database, clock, messages, store, log } = needs;
  return {
    async file(caller, messageId, reason) {
      const keys = [...(await keysOfMessage(database.read, messages, messageId)), userKey(caller.userId)];
      const work = async (tx: Queries<ChatTables>) => {
        const at = clock.now();
        const { message, access } = await loadMessage(tx, messages, caller, messageId, at);
        // There is nobody to tell: nobody else may read it.
        if (access.room.type === RoomType.DIRECT) throw directRoom();
        if (access.member === undefined) throw notAMember();
        if (message.isDeleted) throw messageDeleted();
        const before = await store.findOpen(tx, messageId, caller.userId);
        if (before !== undefined) return before;
        const { roomId } = message;
        await requireReportSpace(tx, store, roomId, caller.userId);
        return store.insert(tx, { roomId, messageId, reportedBy: caller.userId, reason, at });
      };
      return database.write(work, { keys });
    },

    async open(caller, roomId, page) {
      requireModerate(await loadAccess(database.read, caller, roomId, clock.now()));
      const reports = await store.open(database.read, roomId, page);
      const found = await messages.findAll(
        database.read,
        reports.map(({ messageId }) => messageId),
      );
      return reports.map((report) => ({ report, message: existing(found.get(report.messageId)) }));
    },

    async resolve(caller, id, resolution) {
      const found = await store.find(database.read, id);
      if (found === undefined) throw reportNotFound();
      const work = async (tx: Queries<ChatTables>) => {
        const at = clock.now();
        const report = await store.find(tx, id);
        if (report === undefined) throw reportNotFound();
        requireModerate(await loadAccess(tx, caller, report.roomId, at, reportNotFound), reportNotFound);
        const message = existing(await messages.find(tx, report.messageId));
        if (report.end !== undefined) return { report, message };
        const end = { resolution, resolvedBy: caller.userId, at };
        await store.end(tx, id, end);
        await log.add(tx, {
          roomId: report.roomId,
          actorId: caller.userId,
          targetUserId: message.senderId,
          targetMessageId: message.id,
          action: "resolve",
          reason: loggedReasons[resolution] ?? "",
          at,
        });
        return { report: { ...report, end }, message };
      };
      return database.write(work, { keys: [roomKey(found.roomId)] });
    },
  };
}
