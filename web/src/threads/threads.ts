import type { Client } from "@connectrpc/connect";
import { batch, signal } from "@preact/signals";
import type { ChatEvent } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { type Problem, problemOf } from "../../../src/client/index.ts";
import { applyChange, insert, type Messages, replace } from "../messages/apply-event.ts";

const PAGE = 100;

export type Thread = ReturnType<typeof createThread>;
export type Threads = ReturnType<typeof createThreads>;

/** The thread that is open beside the log, if one is. */
export function createThreads({ chat }: { chat: Client<typeof ChatService> }) {
  const open = signal<Thread | undefined>(undefined);
  return {
    open,

    /** Opens the thread that a message began. */
    show(rootId: string): Thread {
      const before = open.peek();
      if (before?.rootId === rootId) return before;
      const thread = createThread(chat, rootId);
      open.value = thread;
      void thread.load();
      return thread;
    },

    apply: (event: ChatEvent): void => open.peek()?.apply(event),
    stored: (message: Message): void => open.peek()?.stored(message),
    changed: (message: Message): void => open.peek()?.changed(message),
    /** Reads what is open afresh: something was missed. */
    reload: async (): Promise<void> => open.peek()?.load(),
  };
}

/** A message and its answers, the oldest first. */
function createThread(chat: Client<typeof ChatService>, rootId: string) {
  const messages = signal<Messages>([]);
  const problem = signal<Problem | undefined>(undefined);
  const isReady = signal(false);
  const isLoading = signal(false);
  const nextPage = signal("");
  let meanwhile: ChatEvent[] = [];

  function take(before: Messages, event: ChatEvent): Messages {
    const { payload } = event;
    if (payload.case !== "messageSent") return applyChange(before, event);
    const { message } = payload.value;
    // What comes after a page that was not read yet is read with it.
    return message?.replyTo === rootId && nextPage.peek() === "" ? insert(before, message) : before;
  }

  async function read(pageToken: string): Promise<void> {
    if (isLoading.peek()) return;
    isLoading.value = true;
    try {
      const page = await chat.getThread({ messageId: rootId, pageSize: PAGE, pageToken });
      batch(() => {
        const before = pageToken === "" ? [] : messages.peek();
        nextPage.value = page.nextPageToken;
        messages.value = meanwhile.reduce(take, page.messages.reduce<Messages>(insert, before));
        problem.value = undefined;
        isReady.value = true;
      });
    } catch (thrown) {
      problem.value = problemOf(thrown);
    } finally {
      meanwhile = [];
      isLoading.value = false;
    }
  }

  return {
    rootId,
    messages,
    problem,
    isReady,
    isLoading,
    nextPage,
    load: () => read(""),
    loadMore: () => read(nextPage.peek()),

    apply(event: ChatEvent): void {
      if (isLoading.peek()) meanwhile.push(event);
      messages.value = take(messages.peek(), event);
    },

    /** A message of one's own, as the service stored it: its event may come earlier or later. */
    stored(message: Message): void {
      if (message.replyTo === rootId && nextPage.peek() === "") messages.value = insert(messages.peek(), message);
    },

    /** A message as the service now shows it. */
    changed(message: Message): void {
      messages.value = replace(messages.peek(), message);
    },
  };
}
