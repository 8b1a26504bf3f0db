import type { Client } from "@connectrpc/connect";
import { signal } from "@preact/signals";
import type { ChatEvent, ChatSignal } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { webNetwork } from "../../../src/client/browser.ts";
import {
  createBackoff,
  type FollowState,
  follow,
  pause,
  type Session,
  systemTimers,
} from "../../../src/client/index.ts";

/** What the rest of the workspace does with what happens. */
export interface LiveParts {
  /** Reads where everything stands. Answers up to which event each room is known. */
  load(): Promise<Map<string, bigint>>;
  /** Reads one room afresh. */
  reload(roomId: string): Promise<void>;
  apply(event: ChatEvent): void;
  notice(signal: ChatSignal): void;
  /** Nothing is missing any more. */
  onLive(): void;
}

export type Live = ReturnType<typeof createLive>;

/** Keeps the workspace up to date: reads where it stands, then follows what happens, through every cut. */
export function createLive(needs: {
  session: Session;
  chat: Client<typeof ChatService>;
  closing: AbortSignal;
  parts: LiveParts;
}) {
  const { session, chat, closing, parts } = needs;
  const state = signal<FollowState>({ kind: "connecting" });
  const impatience = new Set<() => void>();
  /** The network, and a person who does not want to wait. */
  const network = {
    ...webNetwork,
    onWake(listener: (cause: "online" | "visible") => void) {
      const forget = webNetwork.onWake(listener);
      const hurry = () => listener("visible");
      impatience.add(hurry);
      return () => {
        forget();
        impatience.delete(hurry);
      };
    },
  };

  /** Reads where everything stands, as often as it takes. */
  async function load(): Promise<Map<string, bigint>> {
    const backoff = createBackoff();
    for (;;) {
      try {
        return await parts.load();
      } catch {
        if (closing.aborted) return new Map();
        const ms = backoff.next();
        state.value = { kind: network.isOnline() ? "waiting" : "offline", until: Date.now() + ms };
        await pause(ms, { timers: systemTimers, network, signal: closing });
        state.value = { kind: "connecting" };
      }
    }
  }

  async function run(): Promise<void> {
    const cursors = await load();
    while (!closing.aborted) {
      const end = await follow({
        client: chat,
        cursors,
        signal: closing,
        network,
        onEvent(event) {
          parts.apply(event);
          cursors.set(event.roomId, event.sequence);
        },
        onSignal: parts.notice,
        async onSnapshot(roomId, head) {
          await parts.reload(roomId);
          cursors.set(roomId, head);
        },
        onState(next) {
          state.value = next;
          if (next.kind === "live") parts.onLive();
        },
      });
      // A role that changed ends streams like a session that ended; only the service knows which one it was.
      const goesOn = end.kind === "session-ended" && (await session.confirm().catch(() => true));
      if (!goesOn) return;
    }
  }

  void run();

  return {
    state,

    /** Follows one room that the person looks into without being a member, until the signal aborts. */
    watch(roomId: string, head: bigint, signal: AbortSignal): void {
      const both = AbortSignal.any([closing, signal]);
      void follow({
        client: chat,
        roomIds: [roomId],
        cursors: [[roomId, head]],
        signal: both,
        network,
        onEvent: parts.apply,
        onSignal: parts.notice,
        onSnapshot: parts.reload,
      });
    },

    /** Tries again at once. */
    hurry(): void {
      for (const go of [...impatience]) go();
    },
  };
}
