import { Code } from "@connectrpc/connect";
import { batch, signal } from "@preact/signals";
import type { ChatEvent } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { webNetwork } from "../../../src/client/browser.ts";
import { createBackoff, isTransient, type Problem, pause, problemOf, systemTimers } from "../../../src/client/index.ts";
import type { SentFile } from "../attachments/uploads.ts";
import { newRequestId } from "../text/request-id.ts";

/** A message on its way. */
export interface Outgoing {
  /** Sent with every try, so that a message whose answer got lost is not stored twice. */
  readonly requestId: string;
  /** The key of where it goes. */
  readonly place: string;
  /** The room behind it; undefined for a conversation that these words begin. */
  readonly roomId?: string | undefined;
  readonly content: string;
  /** The message that it answers. */
  readonly replyTo?: string | undefined;
  /** What was uploaded for it. */
  readonly files?: readonly SentFile[] | undefined;
  readonly writtenAt: number;
  /** `waiting`: the last try did not get through, another one comes by itself. `failed`: somebody has to decide. */
  readonly state: "sending" | "waiting" | "failed";
  readonly problem?: Problem;
  /** Its event was seen before its answer: it is shown as stored already. */
  readonly isStored?: boolean;
}

export interface OutboxNeeds {
  readonly userId: string;
  /** Makes one try. */
  readonly send: (item: Outgoing) => Promise<Message>;
  /** Shows the stored message; the pending one goes in the same breath. */
  readonly onStored: (item: Outgoing, message: Message) => void;
  /** Ends all sending. */
  readonly closing: AbortSignal;
}

export type Outbox = ReturnType<typeof createOutbox>;

/** A server that stumbles over one message shall not keep back those behind it for ever. */
const MOST_STUMBLES = 5;

/**
 * Messages of one's own that the service has not acknowledged. Each place sends its own one after the other, so that
 * they arrive in the order in which they were written; a lost connection only makes them wait. They survive a reload.
 */
export function createOutbox({ userId, send, onStored, closing }: OutboxNeeds) {
  const storageKey = `veza.outbox.${userId}`;
  const items = signal<readonly Outgoing[]>(restored(storageKey));
  const placesAtWork = new Set<string>();
  const acknowledged = new Set<string>();
  let waking = new AbortController();

  function update(next: readonly Outgoing[]): void {
    items.value = next;
    try {
      if (next.length === 0) sessionStorage.removeItem(storageKey);
      else sessionStorage.setItem(storageKey, JSON.stringify(next));
    } catch {
      // No storage, or a full one: they are kept as long as the page.
    }
  }

  function change(requestId: string, changes: Partial<Outgoing>): void {
    update(items.peek().map((item) => (item.requestId === requestId ? { ...item, ...changes } : item)));
  }

  function remove(requestId: string): void {
    update(items.peek().filter((item) => item.requestId !== requestId));
  }

  /** The first of a place that can be sent; those behind it wait for it. */
  function firstOf(place: string): Outgoing | undefined {
    return items.peek().find((item) => item.place === place && item.state !== "failed");
  }

  async function work(place: string): Promise<void> {
    if (placesAtWork.has(place)) return;
    placesAtWork.add(place);
    const backoff = createBackoff();
    let stumbles = 0;
    for (let item = firstOf(place); item !== undefined && !closing.aborted; item = firstOf(place)) {
      const { requestId } = item;
      change(requestId, { state: "sending" });
      try {
        acknowledge(item, await send(item));
        backoff.reset();
        stumbles = 0;
      } catch (thrown) {
        if (closing.aborted) break;
        const problem = problemOf(thrown);
        if (problem.code === Code.Internal || problem.code === Code.Unknown) stumbles++;
        if (isTransient(problem) && stumbles < MOST_STUMBLES) {
          change(requestId, { state: "waiting", problem });
          await wait(Math.max(problem.retryAfterMs ?? 0, backoff.next()));
        } else {
          change(requestId, { state: "failed", problem, isStored: false });
          stumbles = 0;
        }
      }
    }
    placesAtWork.delete(place);
  }

  function acknowledge(item: Outgoing, message: Message): void {
    acknowledged.add(message.id);
    batch(() => {
      onStored(item, message);
      remove(item.requestId);
    });
  }

  async function wait(ms: number): Promise<void> {
    if (waking.signal.aborted) waking = new AbortController();
    const signal = AbortSignal.any([closing, waking.signal]);
    await pause(ms, { timers: systemTimers, network: webNetwork, signal });
  }

  for (const place of new Set(items.peek().map((item) => item.place))) void work(place);

  return {
    items,
    /** What is on its way to a place; with `replyTo`, only what answers that message. */
    of: (place: string, replyTo?: string): readonly Outgoing[] =>
      items.value.filter(
        (item) => item.place === place && !item.isStored && (replyTo === undefined || item.replyTo === replyTo),
      ),

    add(words: Pick<Outgoing, "place" | "roomId" | "content" | "replyTo" | "files">): void {
      const item = { ...words, requestId: newRequestId(), writtenAt: Date.now(), state: "sending" } as const;
      update([...items.peek(), item]);
      void work(item.place);
    },

    /** Tries one that failed again. */
    retry({ requestId, place }: Outgoing): void {
      change(requestId, { state: "sending" });
      void work(place);
    },

    remove,

    /** The connection is back: no more waiting. */
    wake(): void {
      waking.abort();
    },

    clear(): void {
      update([]);
    },

    /**
     * An event of one's own message: if it is the one under way, its answer is still to come, and until then it must
     * not be shown twice. Events do not carry request ids, so the words decide.
     */
    apply({ actorId, payload }: ChatEvent, place: string): void {
      if (actorId !== userId || payload.case !== "messageSent") return;
      const { message } = payload.value;
      if (message === undefined || acknowledged.has(message.id)) return;
      const item = firstOf(place);
      if (item !== undefined && item.content === message.content) change(item.requestId, { isStored: true });
    },
  };
}

function restored(storageKey: string): Outgoing[] {
  try {
    const items = JSON.parse(sessionStorage.getItem(storageKey) ?? "[]") as Outgoing[];
    return items.filter(({ requestId, place, content, files }) => requestId && place && (content || files));
  } catch {
    return [];
  }
}
