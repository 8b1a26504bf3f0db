import type { Client } from "@connectrpc/connect";
import type { ChatEvent, ChatSignal } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { afterCut, isRefusal } from "./after-cut.ts";
import { createBackoff } from "./backoff.ts";
import { createCursors } from "./cursors.ts";
import { type FollowEnd, followVerdicts } from "./follow-end.ts";
import { followOnce } from "./follow-once.ts";
import { type Network, steadyNetwork } from "./network.ts";
import { pause } from "./pause.ts";
import { systemTimers, type Timers } from "./timers.ts";

export type FollowState =
  /** On the way, or reading what was missed. */
  | { readonly kind: "connecting" }
  /** Nothing is missing; what happens is seen as it happens. */
  | { readonly kind: "live" }
  /** Cut; tries again at `until`, in milliseconds since 1970. */
  | { readonly kind: "waiting"; readonly until: number }
  /** Cut, and the machine says that it has no network. Tries again all the same: a server may be nearer than that. */
  | { readonly kind: "offline"; readonly until: number }
  | { readonly kind: "ended"; readonly end: FollowEnd };

export interface FollowOptions {
  readonly client: Pick<Client<typeof ChatService>, "subscribeToChatEvents">;
  /** The rooms to follow; none for all of the caller's, and those joined later. */
  readonly roomIds?: readonly string[];
  /** Up to where rooms are known already, by room. A room without one begins with what happens next. */
  readonly cursors?: Iterable<readonly [roomId: string, sequence: bigint]>;
  /** Stops following. */
  readonly signal: AbortSignal;
  /** Gets every event of a room once, in order, whatever is cut in between. */
  onEvent(event: ChatEvent): void;
  /** What passes, such as who types. */
  onSignal?(signal: ChatSignal): void;
  /**
   * What was missed can no longer be had one by one: read the room afresh. Its events go on after `headSequence` once
   * this has resolved; some of them may be in what was read already. When it rejects, all is tried again later.
   */
  onSnapshot(roomId: string, headSequence: bigint): void | Promise<void>;
  onState?(state: FollowState): void;
  readonly timers?: Timers;
  readonly network?: Network;
  /** From 0 to 1, for the waiting times. */
  readonly random?: () => number;
}

/**
 * Follows rooms until the signal aborts or the service ends it for good, through every cut. Resolves with the reason.
 * Rejects only with what `onEvent`, `onSignal` or `onState` threw.
 */
export async function follow(options: FollowOptions): Promise<FollowEnd> {
  const { signal, timers = systemTimers, network = steadyNetwork, random } = options;
  const cursors = createCursors(options.cursors);
  const backoff = createBackoff(random);
  const mendedHoles = new Map<string, bigint>();
  let refusals = 0;

  for (;;) {
    options.onState?.({ kind: "connecting" });
    const cut = await followOnce({
      ...options,
      timers,
      network,
      cursors,
      mendedHoles,
      onLive() {
        backoff.reset();
        refusals = 0;
        options.onState?.({ kind: "live" });
      },
    });
    refusals = isRefusal(cut) ? refusals + 1 : 0;

    const decision = afterCut(cut, refusals, followVerdicts);
    if (decision.kind === "end") {
      options.onState?.({ kind: "ended", end: decision.end });
      return decision.end;
    }
    const ms = decision.afterMs + (decision.jitter ? backoff.next() : 0);
    if (ms === 0) continue;
    options.onState?.({ kind: network.isOnline() ? "waiting" : "offline", until: timers.now() + ms });
    if ((await pause(ms, { timers, network, signal })) === "woken") backoff.reset();
  }
}
