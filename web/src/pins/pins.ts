import { signal } from "@preact/signals";
import type { ChatEvent } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { type Problem, problemOf } from "../../../src/client/index.ts";
import type { Clients } from "../app/clients.ts";
import { applyChange, type Messages, replace } from "../messages/apply-event.ts";

export type Pins = ReturnType<typeof createPins>;

/** What is pinned in the room whose pins are looked at; the last pinned first. */
export function createPins({ chat }: Pick<Clients, "chat">) {
  const roomId = signal<string | undefined>(undefined);
  const messages = signal<Messages | undefined>(undefined);
  const problem = signal<Problem | undefined>(undefined);
  /** Answers may overtake one another: only the last question's counts. */
  let asked = 0;

  async function load(): Promise<void> {
    const room = roomId.peek();
    if (room === undefined) return;
    const question = ++asked;
    try {
      const answer = await chat.listPinnedMessages({ roomId: room });
      if (question !== asked) return;
      messages.value = answer.messages;
      problem.value = undefined;
    } catch (thrown) {
      if (question === asked) problem.value = problemOf(thrown);
    }
  }

  return {
    roomId,
    messages,
    problem,
    load,

    show(room: string): void {
      if (roomId.peek() !== room) messages.value = undefined;
      roomId.value = room;
      void load();
    },

    apply(event: ChatEvent): void {
      if (event.roomId !== roomId.peek()) return;
      const { payload } = event;
      const pinned = messages.peek();
      if (payload.case === "messagePinned") void load();
      else if (pinned === undefined) return;
      else if (payload.case === "messageUnpinned" || payload.case === "messageDeleted") {
        const gone = payload.value.messageId;
        messages.value = pinned.filter(({ id }) => id !== gone);
      } else messages.value = applyChange(pinned, event);
    },

    changed(message: Messages[number]): void {
      const pinned = messages.peek();
      if (pinned !== undefined) messages.value = replace(pinned, message);
    },
  };
}
