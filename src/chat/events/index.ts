import type { ServiceImpl } from "@connectrpc/connect";
import { type ChatService, SubscribeToChatEventsResponseSchema } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { Platform } from "../../platform/platform.ts";
import { principalOf } from "../../rpc/principal.ts";
import { pushStream } from "../../rpc/push-stream.ts";
import type { Attendance } from "../online.ts";
import type { ChatTables } from "../tables.ts";
import { type ChatWrites, createChatWrites } from "./event-log.ts";
import { createFollowing, type Following, type FollowRules } from "./following.ts";
import { createSqlEventStore } from "./sql-event-store.ts";

/** What happens in rooms: stored, numbered, and followed live. */
export interface ChatEvents extends Disposable {
  readonly writes: ChatWrites;
  readonly tellPresence: Following["tellPresence"];
  readonly handlers: Partial<ServiceImpl<typeof ChatService>>;
}

export type { FollowRules } from "./following.ts";

export function createChatEvents(needs: {
  platform: Platform;
  rules: FollowRules;
  attendance: Attendance;
}): ChatEvents {
  const { platform, rules, attendance } = needs;
  const { bus, clock, log, metrics } = platform;
  const database = platform.database.withTables<ChatTables>("chat");
  const store = createSqlEventStore(database);
  const following = createFollowing({ bus, store, rules, attendance, clock, log, metrics });
  return {
    writes: createChatWrites({ database, store, bus, metrics }),
    tellPresence: following.tellPresence,
    handlers: {
      // Not a generator: the stream writes frames that all followers of a room share.
      subscribeToChatEvents(request, context) {
        const caller = principalOf(context);
        return pushStream(SubscribeToChatEventsResponseSchema, (sink) => {
          following.follow(caller, request, context.signal, sink).catch((error: unknown) => sink.end(error));
        });
      },
    },
    [Symbol.dispose]: () => following[Symbol.dispose](),
  };
}
