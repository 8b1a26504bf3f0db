import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import type { ModerationAction } from "#gen/veza/chat/v1/moderation_pb.ts";
import type { Clients } from "../app/clients.ts";
import type { Pins } from "../pins/pins.ts";
import type { Threads } from "../threads/threads.ts";
import type { Places } from "./places.ts";

export type MessageActs = ReturnType<typeof createMessageActs>;

/** What one can do with a message. Each is seen at once wherever the message stands: its event may take longer. */
export function createMessageActs(needs: {
  clients: Clients;
  me: string;
  places: Places;
  threads: Threads;
  pins: Pins;
}) {
  const { places, threads, pins, me } = needs;
  const { chat } = needs.clients;
  /** One wish for each emoji of a message at a time. */
  const reacting = new Set<string>();

  function changed({ message }: { message?: Message | undefined }): void {
    if (message === undefined) return;
    places.at(places.keyOf(message.roomId))?.timeline.changed(message);
    threads.changed(message);
    pins.changed(message);
  }

  return {
    /** Gives a reaction, or takes it back. */
    async react(message: Message, emoji: string): Promise<void> {
      const key = `${message.id} ${emoji}`;
      if (reacting.has(key)) return;
      reacting.add(key);
      try {
        const isMine = message.reactions.find((reaction) => reaction.emoji === emoji)?.userIds.includes(me) ?? false;
        const request = { messageId: message.id, emoji };
        changed(isMine ? await chat.removeReaction(request) : await chat.addReaction(request));
      } finally {
        reacting.delete(key);
      }
    },

    async pin({ id, pinned }: Message): Promise<void> {
      changed(pinned ? await chat.unpinMessage({ messageId: id }) : await chat.pinMessage({ messageId: id }));
    },

    edit: async ({ id }: Message, content: string): Promise<void> =>
      changed(await chat.editMessage({ messageId: id, content })),

    remove: async ({ id }: Message): Promise<void> => void (await chat.deleteMessage({ messageId: id })),

    report: async ({ id }: Message, reason: string): Promise<void> =>
      void (await chat.reportMessage({ messageId: id, reason })),

    /** @param content what it shall say, for an edit */
    moderate: async ({ id }: Message, action: ModerationAction, reason: string, content?: string): Promise<void> =>
      changed(await chat.moderateMessage({ messageId: id, action, reason, ...(content !== undefined && { content }) })),
  };
}
