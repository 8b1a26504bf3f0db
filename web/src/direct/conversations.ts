import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { computed, signal } from "@preact/signals";
import type { ChatEvent, ChatSignal } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { type Conversation, ConversationSchema, type Message } from "#gen/veza/chat/v1/message_pb.ts";
import { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import type { Room } from "#gen/veza/chat/v1/room_pb.ts";
import type { Clients } from "../app/clients.ts";

export type Conversations = ReturnType<typeof createConversations>;

/** The person's direct conversations, by the room that holds each. */
export function createConversations({ chat, auth }: Clients) {
  const known = signal<ReadonlyMap<string, Conversation>>(new Map());
  /** Names of people looked up for a conversation that does not exist yet. */
  const strangers = signal<ReadonlyMap<string, string>>(new Map());
  const isLoaded = signal(false);

  const byOther = computed(() => new Map([...known.value.values()].map((each) => [each.otherUserId, each])));

  function put(conversation: Conversation): void {
    known.value = new Map(known.peek()).set(conversation.roomId, conversation);
  }

  function changeOf(userId: string, isBlocked: boolean): void {
    const conversation = byOther.peek().get(userId);
    if (conversation !== undefined) put({ ...conversation, isBlocked });
  }

  return {
    isLoaded,
    /** The last used first. */
    list: computed(() => [...known.value.values()].sort((a, b) => lastUse(b) - lastUse(a))),
    has: (roomId: string): boolean => known.peek().has(roomId),
    peek: (roomId: string): Conversation | undefined => known.peek().get(roomId),
    withUser: (userId: string): Conversation | undefined => byOther.value.get(userId),
    nameOf: (userId: string): string | undefined =>
      byOther.value.get(userId)?.otherUsername ?? strangers.value.get(userId),

    async load(): Promise<void> {
      const found: Conversation[] = [];
      let pageToken = "";
      do {
        const page = await chat.listConversations({ pageSize: 200, pageToken });
        found.push(...page.conversations);
        pageToken = page.nextPageToken;
      } while (pageToken !== "");
      known.value = new Map(found.map((conversation) => [conversation.roomId, conversation]));
      isLoaded.value = true;
    },

    /** A conversation that began while looking. */
    begin(room: Room): void {
      if (known.peek().has(room.id) || room.otherUserId === undefined) return;
      put(
        create(ConversationSchema, {
          roomId: room.id,
          otherUserId: room.otherUserId,
          otherUsername: room.otherUsername,
        }),
      );
    },

    async block(userId: string): Promise<void> {
      await chat.blockUser({ userId });
      changeOf(userId, true);
    },

    async unblock(userId: string): Promise<void> {
      await chat.unblockUser({ userId });
      changeOf(userId, false);
    },

    async lookUp(userId: string): Promise<void> {
      const { user } = await auth.getUserInfo({ userId });
      if (user !== undefined) strangers.value = new Map(strangers.peek()).set(userId, user.username);
    },

    /** A message of the person's own was stored; the first one begins the conversation. */
    sent(userId: string, message: Message): void {
      const conversation = known.peek().get(message.roomId);
      const other = { otherUserId: userId, otherUsername: strangers.peek().get(userId) ?? "" };
      put({
        ...(conversation ?? create(ConversationSchema, { roomId: message.roomId, ...other })),
        lastMessage: message,
      });
    },

    apply({ roomId, payload }: ChatEvent): void {
      const conversation = known.peek().get(roomId);
      const last = conversation?.lastMessage;
      if (conversation === undefined) return;
      switch (payload.case) {
        case "messageSent": {
          const { message } = payload.value;
          if (message === undefined || (last !== undefined && message.sequence <= last.sequence)) return;
          put({ ...conversation, lastMessage: message });
          return;
        }
        case "messageEdited":
          if (payload.value.message?.id === last?.id)
            put({ ...conversation, ...{ lastMessage: payload.value.message } });
          return;
        case "messageDeleted":
          if (last !== undefined && payload.value.messageId === last.id) {
            put({ ...conversation, lastMessage: { ...last, isDeleted: true, content: "" } });
          }
          return;
      }
    },

    notice({ roomId, payload }: ChatSignal): void {
      const conversation = known.peek().get(roomId);
      if (payload.case !== "presence" || payload.value.userId !== conversation?.otherUserId) return;
      put({ ...conversation, isOnline: payload.value.status !== PresenceStatus.OFFLINE });
    },

    /** Up to which event each is known at least: its last message's. */
    heads: (): [roomId: string, sequence: bigint][] =>
      [...known.peek().values()].map(({ roomId, lastMessage }) => [roomId, lastMessage?.sequence ?? 0n]),
  };
}

function lastUse({ lastMessage }: Conversation): number {
  return lastMessage?.createdAt === undefined ? 0 : timestampMs(lastMessage.createdAt);
}
