import { create } from "@bufbuild/protobuf";
import { signal } from "@preact/signals";
import type { ChatSignal } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { type Presence, PresenceSchema, PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import type { Clients } from "../app/clients.ts";

/** As the contract limits one question. */
const MOST_ASKED = 200;
/** What is asked for while a list is drawn is asked together. */
const ASK_AFTER_MS = 30;

export type PresenceState = ReturnType<typeof createPresence>;

/** How people show themselves, as far as somebody looked at them. */
export function createPresence({ chat }: Pick<Clients, "chat">, me: string) {
  const known = signal<ReadonlyMap<string, Presence>>(new Map());
  const wanted = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function put(...presences: Presence[]): void {
    const next = new Map(known.peek());
    for (const presence of presences) next.set(presence.userId, presence);
    known.value = next;
  }

  function askSoon(): void {
    if (wanted.size > 0 && timer === undefined) timer = setTimeout(ask, ASK_AFTER_MS);
  }

  async function ask(): Promise<void> {
    timer = undefined;
    const userIds = [...wanted].slice(0, MOST_ASKED);
    for (const userId of userIds) wanted.delete(userId);
    askSoon();
    try {
      put(...(await chat.getPresence({ userIds })).presences);
    } catch {
      // Dots are of use as far as they are known; the next signal brings one.
    }
  }

  return {
    /** Undefined while it is not known. */
    of: (userId: string): Presence | undefined => known.value.get(userId),

    /** Asks for those who are not known yet. */
    want(userIds: readonly string[]): void {
      for (const userId of userIds) if (!known.peek().has(userId)) wanted.add(userId);
      askSoon();
    },

    /** Asks anew for all that are known: signals may have been lost. */
    refresh(): void {
      for (const userId of known.peek().keys()) wanted.add(userId);
      askSoon();
    },

    notice({ payload }: ChatSignal): void {
      if (payload.case === "presence") put(payload.value);
    },

    /** How the person is shown to others. */
    get mine(): Presence {
      return known.value.get(me) ?? create(PresenceSchema, { userId: me, status: PresenceStatus.ONLINE });
    },

    async set(status: PresenceStatus, statusText: string): Promise<void> {
      const { presence } = await chat.setStatus({ status, statusText });
      if (presence !== undefined) put(presence);
    },
  };
}
