import { batch, signal } from "@preact/signals";
import type { ChatEvent } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { type Problem, problemOf } from "../../../src/client/index.ts";
import { applyChange, applyEvent, countReply, insert, type Messages, prepend, replace } from "./apply-event.ts";

const PAGE = 50;
/** While one looks for what was said first since one was here: pages of so many, and at most so many of them. */
const SEEK = 200;
const MOST_SOUGHT = 25;
/** On each side of a message that is jumped to. */
const AROUND = 30;
/** Beyond so many, those farthest from where one reads are let go, and read again when one comes back to them. */
export const MOST_KEPT = 300;
/** After letting go at the newest end, while one reads there. */
const KEPT = 150;

/** Where messages come from; newest first. */
export interface MessageSource {
  /** Messages before or after one, the nearest to it; or the newest. */
  page(page: { limit: number; beforeId?: string; afterId?: string }): Promise<{
    messages: Message[];
    hasMore: boolean;
  }>;
  one(messageId: string): Promise<Message>;
}

/** A message to bring into sight. Made anew for every wish: the same message may be wanted twice. */
export interface Target {
  readonly messageId: string;
}

export type Timeline = ReturnType<typeof createTimeline>;

/**
 * What was said in one place, kept up to date by events: a window of it, of bounded length. Mostly it reaches up to the
 * newest message; whoever has jumped or scrolled far back sees an older part.
 */
export function createTimeline(source: MessageSource) {
  const messages = signal<Messages>([]);
  const state = signal<"loading" | "ready" | "failed">("loading");
  const problem = signal<Problem | undefined>(undefined);
  const hasOlder = signal(false);
  const hasNewer = signal(false);
  const isLoadingOlder = signal(false);
  const isLoadingNewer = signal(false);
  const target = signal<Target | undefined>(undefined);
  /** The number of the last event taken in. */
  const head = signal(0n);
  let loading: Promise<void> | undefined;
  /** How many calls are under way whose answers may be older than events that come meanwhile. */
  let reading = 0;
  let meanwhile: ChatEvent[] = [];

  function raise(sequence: bigint): void {
    if (sequence > head.peek()) head.value = sequence;
  }

  function applyTo(before: Messages, event: ChatEvent): Messages {
    if (!hasNewer.peek()) return applyEvent(before, event);
    const { payload } = event;
    const isNew = payload.case === "messageSent" && event.sequence > head.peek();
    return isNew && payload.value.message !== undefined
      ? countReply(before, payload.value.message)
      : applyChange(before, event);
  }

  /** Reads something, and shows it with what happened since. */
  async function reads<Read>(read: () => Promise<Read>, show: (read: Read) => void): Promise<void> {
    reading++;
    try {
      const found = await read();
      batch(() => {
        show(found);
        messages.value = meanwhile.reduce(applyTo, messages.peek());
      });
    } finally {
      reading--;
      if (reading === 0) meanwhile = [];
    }
  }

  async function load(): Promise<void> {
    if (state.peek() === "failed") state.value = "loading";
    try {
      await reads(
        () => source.page({ limit: PAGE }),
        (page) => {
          messages.value = prepend([], page.messages);
          hasOlder.value = page.hasMore;
          hasNewer.value = false;
          raise(page.messages[0]?.sequence ?? 0n);
          problem.value = undefined;
          state.value = "ready";
        },
      );
    } catch (thrown) {
      batch(() => {
        problem.value = problemOf(thrown);
        if (state.peek() !== "ready") state.value = "failed";
      });
      throw thrown;
    }
  }

  function reload(): Promise<void> {
    loading ??= load().finally(() => {
      loading = undefined;
    });
    return loading;
  }

  async function loadAround(messageId: string): Promise<void> {
    await reads(
      () =>
        Promise.all([
          source.one(messageId),
          source.page({ limit: AROUND, beforeId: messageId }),
          source.page({ limit: AROUND, afterId: messageId }),
        ]),
      ([message, older, newer]) => {
        messages.value = [...older.messages.toReversed(), message, ...newer.messages.toReversed()];
        hasOlder.value = older.hasMore;
        hasNewer.value = newer.hasMore;
        problem.value = undefined;
        state.value = "ready";
      },
    );
  }

  return {
    messages,
    state,
    problem,
    hasOlder,
    /** Whether there are messages after those shown. */
    hasNewer,
    isLoadingOlder,
    isLoadingNewer,
    /** The message that somebody wants to see; whoever shows it sets it back. */
    target,
    head,

    /** Reads the newest messages; what was there is replaced when they have come. Rejects when they cannot be had. */
    reload,

    /** Brings one message into sight, with what was said around it. Rejects when it cannot be had. */
    async show(messageId: string): Promise<void> {
      if (!messages.peek().some(({ id }) => id === messageId)) await loadAround(messageId);
      target.value = { messageId };
    },

    /**
     * Brings the first message after an event into sight. It is looked for from what is shown back into the past, and
     * not for ever: after very many messages the farthest one is taken. Rejects when it cannot be had.
     */
    async showFirstAfter(sequence: bigint): Promise<void> {
      let first = messages.peek().find((message) => message.sequence > sequence);
      for (let pages = 0, goesOn = hasOlder.peek(); first !== undefined && goesOn && pages < MOST_SOUGHT; pages++) {
        const page = await source.page({ limit: SEEK, beforeId: first.id });
        const unread = page.messages.filter((message) => message.sequence > sequence);
        first = unread.at(-1) ?? first;
        goesOn = page.hasMore && unread.length === page.messages.length;
      }
      if (first !== undefined) await this.show(first.id);
    },

    /** Reads the page before the oldest message, once at a time. */
    async loadOlder(): Promise<void> {
      const [oldest] = messages.peek();
      if (oldest === undefined || !hasOlder.peek() || isLoadingOlder.peek()) return;
      isLoadingOlder.value = true;
      try {
        await reads(
          () => source.page({ limit: PAGE, beforeId: oldest.id }),
          (page) => {
            // Unless all was read afresh meanwhile, in which case this page belongs to what was.
            if (messages.peek()[0]?.id !== oldest.id) return;
            const all = prepend(messages.peek(), page.messages);
            messages.value = all.slice(0, MOST_KEPT);
            hasOlder.value = page.hasMore;
            if (all.length > MOST_KEPT) hasNewer.value = true;
          },
        );
      } finally {
        isLoadingOlder.value = false;
      }
    },

    /** Reads the page after the newest message shown, once at a time. */
    async loadNewer(): Promise<void> {
      const newest = messages.peek().at(-1);
      if (newest === undefined || !hasNewer.peek() || isLoadingNewer.peek()) return;
      isLoadingNewer.value = true;
      try {
        await reads(
          () => source.page({ limit: PAGE, afterId: newest.id }),
          (page) => {
            if (messages.peek().at(-1)?.id !== newest.id) return;
            const all = [...messages.peek(), ...page.messages.toReversed()];
            messages.value = all.slice(-MOST_KEPT);
            hasNewer.value = page.hasMore;
            if (all.length > MOST_KEPT) hasOlder.value = true;
          },
        );
      } finally {
        isLoadingNewer.value = false;
      }
    },

    apply(event: ChatEvent): void {
      if (reading > 0) meanwhile.push(event);
      batch(() => {
        messages.value = applyTo(messages.peek(), event);
        raise(event.sequence);
      });
    },

    /** A message of one's own, as the service stored it: its event may come earlier or later. */
    stored(message: Message): void {
      if (hasNewer.peek()) return;
      const next = insert(messages.peek(), message);
      if (next !== messages.peek()) messages.value = countReply(next, message);
    },

    /** A message as the service now shows it. */
    changed(message: Message): void {
      messages.value = replace(messages.peek(), message);
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
