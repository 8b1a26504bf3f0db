import { type Client, Code } from "@connectrpc/connect";
import type { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { createBackoff } from "../backoff.ts";
import { isTransient, type Problem, problemOf } from "../errors.ts";
import { type Network, steadyNetwork } from "../network.ts";
import { pause } from "../pause.ts";
import { systemTimers, type Timers } from "../timers.ts";
import { createChunkQueue, type Piece } from "./chunk-queue.ts";

export type PublishState =
  /** Nothing has arrived yet. */
  | { readonly kind: "starting" }
  | { readonly kind: "live" }
  /** Another source broadcasts, or the one from before is not given up yet. */
  | { readonly kind: "taken" }
  /** Cut; tries again at `until`, in milliseconds since 1970. */
  | { readonly kind: "waiting"; readonly until: number };

/** Why publishing is over for good. */
export type PublishEnd =
  | { readonly kind: "stopped" }
  /** The stream went off air. */
  | { readonly kind: "stream-ended" }
  | { readonly kind: "session-ended" }
  | { readonly kind: "refused"; readonly problem: Problem };

export interface PublishFigures {
  /** Sound that waits to be sent. */
  readonly waitingMs: number;
  /** Sound that was dropped as the network was too slow. */
  readonly droppedMs: number;
  /** How long the service took to answer the last call. */
  readonly roundTripMs: number;
}

export interface Publishing {
  add(piece: Piece): void;
  figures(): PublishFigures;
  /** Sends what waits, and says that this was all. Resolves with `over`. */
  finish(): Promise<PublishEnd>;
  readonly over: Promise<PublishEnd>;
}

export interface PublishOptions {
  readonly client: Pick<Client<typeof StreamService>, "publishChunk">;
  readonly streamId: string;
  /** Whether pieces are Opus packets or bytes of a WebM file. */
  readonly form: "packets" | "container";
  /** A new UUID each time. */
  newId(): string;
  /** Stops at once. What has not been sent is lost, and the stream waits for a source to return. */
  readonly signal: AbortSignal;
  onState?(state: PublishState): void;
  /** The service knows nothing of what was sent before: a file has to begin anew. */
  onBeginAgain?(): void;
  readonly timers?: Timers;
  readonly network?: Network;
  readonly random?: () => number;
}

/** Sound is gathered for so long before it travels: half as many calls for a delay that nobody hears. */
const GATHER_MS = 40;
const CALL_TIMEOUT_MS = 8_000;
const BOUNDS = { mostMs: 4_000, chunkMs: 1_000, chunkBytes: 256 * 1024 } as const;
/** The service keeps a source's place for 15 seconds. */
const PLACE_KEPT_MS = 20_000;
const PLACE_ASKED_MS = 1_000;
/** How often in a row a broadcast may be begun again without success. */
const VAIN_BEGINNINGS = 4;

/** Sends live sound in calls of which each may come twice, one at a time, through every cut. */
export function publish(options: PublishOptions): Publishing {
  const { client, streamId, form, signal, timers = systemTimers, network = steadyNetwork } = options;
  const queue = createChunkQueue(BOUNDS);
  const backoff = createBackoff(options.random);
  // Numbers go on rising when somebody broadcasts again with the same stream.
  const base = Math.floor(timers.now() / 20);
  let publishId = options.newId();
  let sequence = 0n;
  let roundTripMs = 0;
  let isFinishing = false;
  let isLast = false;
  let beginnings = 0;
  let isOnAir = false;
  let takenSince: number | undefined;
  let wake = () => {};

  async function next(): Promise<Piece[]> {
    while (queue.ms < GATHER_MS && !isFinishing && !signal.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const pieces = queue.take();
    isLast = isFinishing && queue.ms === 0;
    return pieces;
  }

  function content(pieces: readonly Piece[]) {
    if (form === "container") return { container: joined(pieces) };
    return {
      packets: pieces.map(({ data, number = 0 }) => {
        const at = base + number;
        return { sequence: BigInt(at), pts: BigInt(at) * 960n, duration: 960, data };
      }),
    };
  }

  /** Sends one chunk, as often as it takes. Answers why that is of no use any more. */
  async function send(pieces: Piece[]): Promise<PublishEnd | undefined> {
    let refusals = 0;
    while (!signal.aborted) {
      const startedAt = timers.now();
      try {
        const { nextSequence } = await client.publishChunk(
          { streamId, publishId, sequence, isLast, codec: "opus", sampleRate: 48_000, channels: 2, ...content(pieces) },
          { signal, timeoutMs: CALL_TIMEOUT_MS },
        );
        roundTripMs = timers.now() - startedAt;
        sequence = nextSequence > sequence ? nextSequence : sequence + 1n;
        backoff.reset();
        beginnings = 0;
        takenSince = undefined;
        // What was said before anybody could hear it would make all that follows late.
        if (!isOnAir && form === "packets") queue.keep(GATHER_MS);
        isOnAir = true;
        options.onState?.({ kind: "live" });
        return undefined;
      } catch (thrown) {
        if (signal.aborted) break;
        const problem = problemOf(thrown);
        refusals = problem.code === Code.Unauthenticated ? refusals + 1 : 0;
        const step = afterPublishFailure(problem, { refusals, form });
        if (step.kind === "end") return step.end;
        if (step.kind === "begin-again") {
          beginnings += 1;
          if (beginnings > VAIN_BEGINNINGS) return { kind: "refused", problem };
          publishId = options.newId();
          sequence = 0n;
          options.onBeginAgain?.();
          // Bytes from the middle of a file are of no use to somebody who has not seen its head.
          if (form === "container") {
            queue.keep(0);
            return undefined;
          }
        }
        if (step.kind === "taken") {
          takenSince ??= timers.now();
          isOnAir = false;
          if (timers.now() - takenSince > PLACE_KEPT_MS) return { kind: "refused", problem };
          options.onState?.({ kind: "taken" });
          await pause(PLACE_ASKED_MS, { timers, network, signal });
          // Live is what comes now.
          if (form === "packets" && queue.ms > 0) pieces.splice(0, pieces.length, ...queue.take());
          continue;
        }
        const ms = (problem.retryAfterMs ?? 0) + backoff.next();
        options.onState?.({ kind: "waiting", until: timers.now() + ms });
        if ((await pause(ms, { timers, network, signal })) === "woken") backoff.reset();
      }
    }
    return { kind: "stopped" };
  }

  async function run(): Promise<PublishEnd> {
    options.onState?.({ kind: "starting" });
    for (;;) {
      const pieces = await next();
      if (signal.aborted) return { kind: "stopped" };
      if (pieces.length === 0 && !isLast) continue;
      const end = await send(pieces);
      if (end !== undefined) return end;
      if (isLast) return { kind: "stopped" };
    }
  }

  signal.addEventListener("abort", () => wake());
  const over = run();
  return {
    add(piece) {
      if (isFinishing) return;
      queue.add(piece);
      if (queue.ms >= GATHER_MS) wake();
    },
    figures: () => ({ waitingMs: queue.ms, droppedMs: queue.droppedMs, roundTripMs }),
    finish() {
      isFinishing = true;
      wake();
      return over;
    },
    over,
  };
}

export type PublishStep =
  | { readonly kind: "end"; readonly end: PublishEnd }
  | { readonly kind: "retry" }
  | { readonly kind: "taken" }
  | { readonly kind: "begin-again" };

/** What to do when a chunk was not taken. */
export function afterPublishFailure(
  problem: Problem,
  { refusals, form }: { refusals: number; form: PublishOptions["form"] },
): PublishStep {
  switch (problem.reason) {
    case "ALREADY_BROADCASTING":
      return { kind: "taken" };
    case "BROADCAST_OVER":
    case "SEQUENCE_GAP":
      return { kind: "begin-again" };
    case "AUDIO_UNSUPPORTED":
      // A service that was restarted reads the middle of a file.
      return form === "container" ? { kind: "begin-again" } : { kind: "end", end: { kind: "refused", problem } };
    case "WRONG_STREAM_STATE":
      return { kind: "end", end: { kind: "stream-ended" } };
  }
  if (problem.code === Code.Unauthenticated) {
    const over = refusals > 1 || problem.reason.startsWith("REFRESH_TOKEN_");
    return over ? { kind: "end", end: { kind: "session-ended" } } : { kind: "retry" };
  }
  return isTransient(problem) ? { kind: "retry" } : { kind: "end", end: { kind: "refused", problem } };
}

function joined(pieces: readonly Piece[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, { data }) => sum + data.length, 0));
  let at = 0;
  for (const { data } of pieces) {
    bytes.set(data, at);
    at += data.length;
  }
  return bytes;
}
