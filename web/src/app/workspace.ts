import { createClient } from "@connectrpc/connect";
import { AuthService } from "#gen/veza/auth/v1/auth_service_pb.ts";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { Account, Session } from "../../../src/client/index.ts";
import { createFiles } from "../attachments/files.ts";
import { createUploads } from "../attachments/uploads.ts";
import { createSound } from "../audio/sound.ts";
import { createStreams } from "../audio/streams.ts";
import { createDrafts } from "../composer/drafts.ts";
import { createTyping } from "../composer/typing.ts";
import { createConversations } from "../direct/conversations.ts";
import { createNames } from "../members/names.ts";
import { createPeople } from "../members/people.ts";
import { createCandidates } from "../mentions/candidates.ts";
import { createMessageActs } from "../messages/message-acts.ts";
import { createPlaces } from "../messages/places.ts";
import { createNotifications } from "../notifications/notifications.ts";
import { createPanel } from "../panel/panel.ts";
import { createPins } from "../pins/pins.ts";
import { createPresence } from "../presence/presence.ts";
import { createRooms } from "../rooms/rooms.ts";
import { createSearch } from "../search/search.ts";
import { createThreads } from "../threads/threads.ts";
import { createUnread } from "../unread/unread.ts";
import { type Clients, withDeadlines } from "./clients.ts";
import { createDispatch } from "./dispatch.ts";
import { createLive } from "./live.ts";

export type Workspace = ReturnType<typeof createWorkspace>;

/** Everything that one signed-in person works with, kept up to date until it is closed. */
export function createWorkspace(session: Session, account: Account) {
  const closing = new AbortController();
  const transport = withDeadlines(session.transport);
  const clients: Clients = {
    auth: createClient(AuthService, transport),
    chat: createClient(ChatService, transport),
    stream: createClient(StreamService, transport),
  };
  const me = account.userId;

  const unread = createUnread(clients, me);
  const rooms = createRooms(clients, me);
  const conversations = createConversations(clients);
  const people = createPeople(clients);
  const typing = createTyping(clients, me);
  const threads = createThreads(clients);
  const pins = createPins(clients);
  const presence = createPresence(clients, me);
  const notifications = createNotifications({ me, rooms, conversations });
  const places = createPlaces({ userId: me, chat: clients.chat, conversations, threads, closing: closing.signal });
  const messages = createMessageActs({ clients, me, places, threads, pins });
  const parts = createDispatch({
    rooms,
    conversations,
    unread,
    people,
    places,
    typing,
    threads,
    pins,
    presence,
    notifications,
    closing: closing.signal,
  });
  const streams = createStreams(clients, closing.signal);
  const sound = createSound({ session, clients, streams, closing: closing.signal });
  const live = createLive({ session, chat: clients.chat, closing: closing.signal, parts });

  return {
    account,
    clients,
    rooms,
    conversations,
    unread,
    people,
    candidates: createCandidates(clients, people),
    places,
    outbox: places.outbox,
    drafts: createDrafts({ userId: me, closing: closing.signal }),
    typing,
    threads,
    pins,
    presence,
    notifications,
    messages,
    search: createSearch(clients),
    names: createNames(clients),
    panel: createPanel(),
    uploads: createUploads({ accessToken: session.accessToken, closing: closing.signal }),
    files: createFiles({ accessToken: session.accessToken, closing: closing.signal }),
    live,
    streams,
    sound,
    /** A token for addresses that cannot carry a header. */
    accessToken: session.accessToken,
    /** Stops everything that runs for this person. */
    close(): void {
      closing.abort();
    },
  };
}
