import { batch, signal } from "@preact/signals";
import type { ChatEvent } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { type Problem, problemOf } from "../../../src/client/index.ts";
import { applyEvent, insert, type Messages, prepend } from "./apply-event.ts";

const PAGE = 50;
/** Beyond so many, the oldest are let go while the newest are looked at, and read again when scrolled back to. */
const MOST_KEPT = 400;
const KEPT = 200;

/** Reads messages before one, or the newest; newest first. */
export type ReadMessages = (page: {
  limit: number;
  beforeId?: string;
}) => Promise<{ messages: Message[]; hasMore: boolean }>;

export type Timeline = ReturnType<typeof createTimeline>;

/** What was said in one place, from the newest back to where somebody has scrolled, kept up to date by events. */
export function createTimeline(read: ReadMessages) {
  const messages = signal<Messages>([]);
  const state = signal<"loading" | "ready" | "failed">("loading");
  const problem = signal<Problem | undefined>(undefined);
  const hasOlder = signal(false);
  const isLoadingOlder = signal(false);
  /** The number of the last event taken in. */
  const head = signal(0n);
  let loading: Promise<void> | undefined;
  /** What happened while the messages were being read, to be applied to what comes back. */
  let meanwhile: ChatEvent[] = [];

  async function load(): Promise<void> {
    meanwhile = [];
    if (state.peek() === "failed") state.value = "loading";
    try {
      const page = await read({ limit: PAGE });
      batch(() => {
        messages.value = meanwhile.reduce(applyEvent, prepend([], page.messages));
        hasOlder.value = page.hasMore;
        raise(page.messages[0]?.sequence ?? 0n);
        problem.value = undefined;
        state.value = "ready";
      });
    } catch (thrown) {
      batch(() => {
        problem.value = problemOf(thrown);
        if (state.peek() !== "ready") state.value = "failed";
      });
      throw thrown;
    } finally {
      meanwhile = [];
    }
  }

  function raise(sequence: bigint): void {
    if (sequence > head.peek()) head.value = sequence;
  }

  function reload(): Promise<void> {
    loading ??= load().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  return {
    messages,
    state,
    problem,
    hasOlder,
    isLoadingOlder,
    head,

    /** Reads the newest messages; what was there is replaced when they have come. Rejects when they cannot be had. */
    reload,

    /** Reads the page before the oldest message, once at a time. */
    async loadOlder(): Promise<void> {
      const [oldest] = messages.peek();
      if (oldest === undefined || !hasOlder.peek() || isLoadingOlder.peek()) return;
      isLoadingOlder.value = true;
      try {
        const page = await read({ limit: PAGE, beforeId: oldest.id });
        // Unless all was read afresh meanwhile, in which case this page belongs to what was.
        if (messages.peek()[0]?.id === oldest.id) {
          batch(() => {
            messages.value = prepend(messages.peek(), page.messages);
            hasOlder.value = page.hasMore;
          });
        }
      } finally {
        isLoadingOlder.value = false;
      }
    },

    apply(event: ChatEvent): void {
      if (loading !== undefined) meanwhile.push(event);
      batch(() => {
        messages.value = applyEvent(messages.peek(), event);
        raise(event.sequence);
      });
    },

    /** A message of one's own, as the service stored it: its event may come earlier or later. */
    stored(message: Message): void {
      messages.value = insert(messages.peek(), message);
    },

    /** Lets the oldest go when there are very many. Only while nobody looks at them. */
    trim(): void {
      if (messages.peek().length <= MOST_KEPT) return;
      batch(() => {
        messages.value = messages.peek().slice(-KEPT);
        hasOlder.value = true;
      });
    },
  };
}
