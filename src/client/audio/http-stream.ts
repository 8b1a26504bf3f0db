import { Code } from "@connectrpc/connect";
import { createBackoff } from "../backoff.ts";
import type { Problem } from "../errors.ts";
import type { Network } from "../network.ts";
import { pause } from "../pause.ts";
import { systemTimers } from "../timers.ts";
import type { ListenEnd } from "./listen-end.ts";
import type { ReceiveState } from "./receive.ts";

export interface HttpTryOptions {
  readonly signal: AbortSignal;
  readonly network: Network;
  onState(state: ReceiveState): void;
  /**
   * One connection until it is over. Answers why listening is over for good, or undefined to try again; calls `proved`
   * when sound came.
   */
  attempt(proved: () => void): Promise<ListenEnd | undefined>;
}

/** How often in a row a stream over HTTP may come to nothing: HTTP does not say that a stream is over. */
const VAIN_TRIES = 6;

/** Tries again and again, as `receive` does over RPC. */
export async function keepTrying({ signal, network, onState, attempt }: HttpTryOptions): Promise<ListenEnd> {
  const backoff = createBackoff();
  let vain = 0;
  while (!signal.aborted) {
    onState({ kind: "connecting" });
    vain += 1;
    const end = await attempt(() => {
      vain = 0;
      backoff.reset();
      onState({ kind: "open" });
    });
    if (signal.aborted) break;
    if (end !== undefined) return end;
    if (vain >= VAIN_TRIES) return { kind: "stream-ended" };
    const ms = 250 + backoff.next();
    onState({ kind: "waiting", until: Date.now() + ms });
    await pause(ms, { timers: systemTimers, network, signal });
  }
  return { kind: "stopped" };
}

/** What an answer of the gateway means that is not sound: undefined to try again. */
export async function refusalOf(response: Response): Promise<ListenEnd | undefined> {
  if (response.status >= 500 || response.status === 429 || response.status === 401) return undefined;
  if (response.status === 409 || response.status === 412) return { kind: "stream-ended" };
  const { error } = (await response.json().catch(() => ({}))) as { error?: string };
  const problem: Problem = {
    code: response.status === 404 ? Code.NotFound : Code.FailedPrecondition,
    reason: "",
    sentence: error ?? "this stream cannot be heard",
    retryAfterMs: undefined,
    violations: [],
  };
  return { kind: "refused", problem };
}
