import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { migrate } from "../platform/database/migrate.ts";
import { type AccountExporter, createAccountExporter } from "../platform/peers/account-export.ts";
import type { ChatPeer, Peers } from "../platform/peers/peers.ts";
import type { Platform } from "../platform/platform.ts";
import { createRequests } from "../platform/requests/requests.ts";
import { createSqlRequestStore } from "../platform/requests/sql-request-store.ts";
import { randomSecret } from "../platform/secrets/secrets.ts";
import { createPageSeal } from "../rpc/page-seal.ts";
import { routes, type ServiceRoutes } from "../rpc/routes.ts";
import { createAccessChecks } from "./access-checks.ts";
import { createAdminActs } from "./admin-acts.ts";
import { createAttachments } from "./attachments/attachments.ts";
import { createFilesHttp, type FilesHttp } from "./attachments/http.ts";
import { createPictures } from "./attachments/pictures.ts";
import { startBackground } from "./background.ts";
import { createBlocks } from "./blocks.ts";
import { createDirect } from "./direct.ts";
import { createChatEvents } from "./events/index.ts";
import { createFileUrls } from "./file-urls.ts";
import { createFollowRules } from "./follow-rules.ts";
import { createInvites } from "./invites.ts";
import { createMembers } from "./members.ts";
import { createMemberships } from "./memberships.ts";
import { createMessageChanges } from "./message-changes.ts";
import { createMessageModeration } from "./message-moderation.ts";
import { createShowMessage } from "./message-view.ts";
import { createMessages } from "./messages.ts";
import { chatMigrations } from "./migrations.ts";
import { createModeration } from "./moderation.ts";
import { createPins } from "./pins.ts";
import { createPresence } from "./presence/index.ts";
import { createPromptSends } from "./prompt-sends.ts";
import { createReactions } from "./reactions.ts";
import { createReadStates } from "./read-states.ts";
import { createReports } from "./reports.ts";
import { createRooms } from "./rooms.ts";
import { accessHandlers } from "./rpc/access.ts";
import { directHandlers } from "./rpc/direct.ts";
import { inviteHandlers } from "./rpc/invites.ts";
import { memberHandlers } from "./rpc/members.ts";
import { messageModerationHandlers } from "./rpc/message-moderation.ts";
import { messageHandlers } from "./rpc/messages.ts";
import { moderationHandlers } from "./rpc/moderation.ts";
import { pinHandlers } from "./rpc/pins.ts";
import { presenceHandlers } from "./rpc/presence.ts";
import { reactionHandlers } from "./rpc/reactions.ts";
import { readStateHandlers } from "./rpc/read-states.ts";
import { reportHandlers } from "./rpc/reports.ts";
import { roomHandlers } from "./rpc/rooms.ts";
import { searchHandlers } from "./rpc/search.ts";
import { statisticsHandlers } from "./rpc/statistics.ts";
import { typingHandlers } from "./rpc/typing.ts";
import { createSearch } from "./search.ts";
import { createStatistics } from "./statistics.ts";
import { openPostings } from "./store/posting-backend.ts";
import { openSearchIndex } from "./store/search-backend.ts";
import { createSqlAdminActStore } from "./store/sql-admin-act-store.ts";
import { createSqlAttachmentStore } from "./store/sql-attachment-store.ts";
import { createSqlDirectStore } from "./store/sql-direct-store.ts";
import { createSqlErasureStore } from "./store/sql-erasure-store.ts";
import { createSqlExportStore } from "./store/sql-export-store.ts";
import { createSqlInviteStore } from "./store/sql-invite-store.ts";
import { createSqlMemberStore } from "./store/sql-member-store.ts";
import { createSqlMentionStore } from "./store/sql-mention-store.ts";
import { createSqlMessageStore } from "./store/sql-message-store.ts";
import { createSqlModerationLog } from "./store/sql-moderation-log.ts";
import { createSqlReactionStore } from "./store/sql-reaction-store.ts";
import { createSqlReadStateStore } from "./store/sql-read-state-store.ts";
import { createSqlReportStore } from "./store/sql-report-store.ts";
import { createSqlRoomStore } from "./store/sql-room-store.ts";
import { createSqlSanctionStore } from "./store/sql-sanction-store.ts";
import { createSqlStatisticsStore } from "./store/sql-statistics-store.ts";
import { createSqlStatusStore } from "./store/sql-status-store.ts";
import { createStreamRooms } from "./stream-rooms.ts";
import type { ChatTables } from "./tables.ts";
import { createTyping } from "./typing.ts";

/** Rooms, what is said in them, and how to follow it. */
export interface Chat extends AsyncDisposable {
  readonly routes: ServiceRoutes;
  readonly peer: ChatPeer;
  readonly exporter: AccountExporter;
  /** Files over plain HTTP. */
  readonly http: FilesHttp;
}

/**
 * Brings the tables into shape and opens the service. `peers` is not asked before the turn in which this resolves ends, and
 * `publicUrl`, what URLs start with that are handed out, not before a call.
 */
export async function createChat(needs: {
  platform: Platform;
  peers: () => Peers;
  publicUrl: () => string;
}): Promise<Chat> {
  const { platform, peers } = needs;
  const { clock, bus, log, files } = platform;
  await migrate(platform.database, "chat", chatMigrations);
  const database = platform.database.withTables<ChatTables>("chat");
  const auth = () => peers().auth;
  await using built = new AsyncDisposableStack();

  const rooms = createSqlRoomStore();
  const members = createSqlMemberStore();
  const sanctions = createSqlSanctionStore();
  const adminActStore = createSqlAdminActStore();
  const adminActs = createAdminActs({ store: adminActStore, members });
  const moderationLog = adminActs.noting(createSqlModerationLog());
  const reports = createSqlReportStore();
  const messages = createSqlMessageStore(database.read);
  const directs = createSqlDirectStore(database.read);
  const reactions = createSqlReactionStore();
  const mentions = createSqlMentionStore();
  const erasures = createSqlErasureStore();
  const readStates = createSqlReadStateStore();
  const index = await openSearchIndex(platform.database);

  const rules = createFollowRules({ database, clock, directs });
  const presence = built.use(
    createPresence({
      database,
      bus,
      clock,
      log,
      members,
      statuses: createSqlStatusStore(),
      directs,
      tell: (...told) => events.tellPresence(...told),
    }),
  );
  const { online } = presence;
  const events = built.use(createChatEvents({ platform, rules, attendance: presence.attendance }));
  const { writes, handlers } = events;
  const memberships = createMemberships({ members, sanctions, erasures });
  const requests = createRequests({
    store: createSqlRequestStore<ChatTables>(database.read, "chat_requests"),
    database,
    clock,
  });
  const urls = createFileUrls(needs.publicUrl);
  const show = createShowMessage({ urls });
  const attachmentStore = createSqlAttachmentStore();
  const attachments = createAttachments({
    database,
    clock,
    files,
    store: attachmentStore,
    pictures: createPictures({ log }),
    erasures,
  });
  const changes = createMessageChanges({ store: messages, members, mentions, readStates, index, attachments, show });
  const floor = { database, writes, clock };
  const postings = await openPostings(database);
  const prompt = postings && createPromptSends({ postings, writes, clock, show });
  const invites = createInvites({ database, writes, clock, invites: createSqlInviteStore() });
  const checks = createAccessChecks({ database, clock, members, directs, auth });

  const roomsByCallers = createRooms({ ...floor, rooms, members, memberships, requests, acts: adminActs });
  const streamRooms = createStreamRooms({ ...floor, bus, rooms: roomsByCallers, store: rooms, members });

  const routesOfChat = routes(ChatService, {
    ...handlers,
    ...roomHandlers({ rooms: roomsByCallers, online }),
    ...memberHandlers({
      members: createMembers({ ...floor, members, memberships, invites, sanctions, log: moderationLog }),
      online,
    }),
    ...inviteHandlers({ invites }),
    ...moderationHandlers({
      moderation: createModeration({ ...floor, members, memberships, sanctions, log: moderationLog, erasures, auth }),
    }),
    ...statisticsHandlers({
      statistics: createStatistics({
        database,
        clock,
        members,
        directs,
        erasures,
        statistics: createSqlStatisticsStore(),
        online,
        auth,
      }),
    }),
    ...accessHandlers({ checks }),
    ...presenceHandlers(presence),
    ...typingHandlers(createTyping({ database, bus, clock, members, directs })),
    ...messageHandlers({
      messages: createMessages({
        ...floor,
        changes,
        requests,
        store: messages,
        directs,
        members,
        attachments,
        log: moderationLog,
        prompt,
      }),
      show,
    }),
    ...reactionHandlers({
      reactions: createReactions({ ...floor, store: messages, reactions, members, directs }),
      show,
    }),
    ...searchHandlers({
      search: createSearch({ database, clock, store: messages, index }),
      show,
      pages: createPageSeal(await randomSecret(platform.secrets, "page.key", 32)),
    }),
    ...readStateHandlers({ readStates: createReadStates({ database, clock, bus, store: readStates }) }),
    ...pinHandlers({ pins: createPins({ ...floor, store: messages, members, directs }), show }),
    ...reportHandlers({
      reports: createReports({ database, clock, messages, store: reports, log: moderationLog }),
      show,
    }),
    ...messageModerationHandlers({
      moderation: createMessageModeration({
        ...floor,
        changes,
        store: messages,
        members,
        reports,
        log: moderationLog,
      }),
      show,
    }),
    ...directHandlers({
      direct: createDirect({
        ...floor,
        peers,
        changes,
        requests,
        store: messages,
        directs,
        memberships,
        erasures,
        attachments,
      }),
      blocks: createBlocks({ database, peers, directs, erasures, onChange: presence.blockChanged }),
      online,
      show,
    }),
  });

  built.use(
    startBackground({
      ...floor,
      bus,
      log,
      auth,
      rooms,
      members,
      memberships,
      messages,
      reactions,
      mentions,
      sanctions,
      requests,
      index,
      files,
      attachments: attachmentStore,
      erasures,
      adminActs: adminActStore,
    }),
  );
  const running = built.move();
  return {
    routes: routesOfChat,
    exporter: createAccountExporter(createSqlExportStore().sections(database.read)),
    http: createFilesHttp({ attachments, urls, log }),
    peer: { roomPermissions: checks.roomPermissions, ...streamRooms },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
