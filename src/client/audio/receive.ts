import { durationMs } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import type { AudioPacket, AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import type { ListenOpened } from "#gen/veza/stream/v1/listener_pb.ts";
import type { StreamMetadata } from "#gen/veza/stream/v1/stream_pb.ts";
import type { ListenResponse, StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { afterCut, isRefusal } from "../after-cut.ts";
import { createBackoff } from "../backoff.ts";
import { problemOf } from "../errors.ts";
import { type Network, steadyNetwork } from "../network.ts";
import { pause } from "../pause.ts";
import { systemTimers, type Timers } from "../timers.ts";
import { isUnknownListener, type ListenCut, type ListenEnd, listenVerdicts } from "./listen-end.ts";

export type ReceiveState =
  | { readonly kind: "connecting" }
  /** Connected; sound comes as soon as there is some. */
  | { readonly kind: "open" }
  /** Cut; tries again at `until`, in milliseconds since 1970. */
  | { readonly kind: "waiting"; readonly until: number };

export interface ReceiveOptions {
  readonly client: Pick<Client<typeof StreamService>, "joinStream" | "listen">;
  readonly streamId: string;
  /** The quality wanted; asked anew for every connection. */
  quality(): AudioQuality;
  /** Stops. */
  readonly signal: AbortSignal;
  /** How much sound the service says to gather before playing, in milliseconds: sources do not all send evenly. */
  onJoined?(bufferMs: number): void;
  /** A connection stands. */
  onOpened(opened: ListenOpened): void;
  /** Sound, in order; `isBroken` when some is missing before it. */
  onPackets(packets: readonly AudioPacket[], isBroken: boolean): void;
  onQuality?(quality: AudioQuality): void;
  onMetadata?(metadata: StreamMetadata): void;
  /** 0 to 100. */
  onVolume?(volume: number): void;
  onPaused?(isPaused: boolean): void;
  onState?(state: ReceiveState): void;
  readonly timers?: Timers;
  readonly network?: Network;
  /** From 0 to 1, for the waiting times. */
  readonly random?: () => number;
}

/** The service gives a sign of life this often when there is nothing else to say. */
const HEARTBEAT_MS = 15_000;
const SILENCE_MS = 2.5 * HEARTBEAT_MS;
/** Sound that stops without a word is more likely a dead connection than a source that dropped. */
const SOUND_STOPPED_MS = 5_000;

/**
 * Receives the packets of a stream until the signal aborts or it is over for good, through every cut. Resolves with the
 * reason. Rejects only with what the callbacks threw.
 */
export async function receive(options: ReceiveOptions): Promise<ListenEnd> {
  const { signal, timers = systemTimers, network = steadyNetwork, random } = options;
  const backoff = createBackoff(random);
  const progress: Progress = { listenerId: undefined, last: undefined, isResuming: false };
  let refusals = 0;

  for (;;) {
    options.onState?.({ kind: "connecting" });
    const cut = await receiveOnce({ ...options, timers, network, progress, onSound: () => backoff.reset() });
    if (cut.kind === "stream-ended") return cut;
    refusals = isRefusal(cut) ? refusals + 1 : 0;
    const decision = afterCut(cut, refusals, listenVerdicts);
    if (decision.kind === "end") return decision.end;
    if (cut.kind === "failed" && isUnknownListener(cut.problem)) progress.listenerId = undefined;
    const ms = decision.afterMs + (decision.jitter ? backoff.next() : 0);
    if (ms === 0) continue;
    options.onState?.({ kind: "waiting", until: timers.now() + ms });
    if ((await pause(ms, { timers, network, signal })) === "woken") backoff.reset();
  }
}

/** What outlives a connection. */
interface Progress {
  listenerId: string | undefined;
  /** The last packet. */
  last: Pick<AudioPacket, "sequence" | "data"> | undefined;
  /** Whether the connection has brought no sound yet. */
  isResuming: boolean;
}

interface OnceOptions extends ReceiveOptions {
  readonly timers: Timers;
  readonly network: Network;
  readonly progress: Progress;
  onSound(): void;
}

async function receiveOnce(options: OnceOptions): Promise<ListenCut> {
  const { client, streamId, signal, timers, network, progress } = options;
  if (signal.aborted) return { kind: "stopped" };

  const connection = new AbortController();
  let ownCut: ListenCut | undefined;
  const breakOff = (cut: ListenCut) => {
    ownCut ??= cut;
    connection.abort();
  };
  const stop = () => breakOff({ kind: "stopped" });
  signal.addEventListener("abort", stop);
  let lastFrameAt = timers.now();
  const sleep = network.onWake((cause) => {
    if (cause === "online" || timers.now() - lastFrameAt > 1.2 * HEARTBEAT_MS) breakOff({ kind: "woken" });
  });

  const preferredQuality = options.quality();
  progress.isResuming = true;
  let isSounding = false;
  try {
    if (progress.listenerId === undefined) {
      const joined = await client.joinStream({ streamId, preferredQuality }, { signal: connection.signal });
      progress.listenerId = joined.listenerId;
      if (joined.bufferDuration !== undefined) options.onJoined?.(durationMs(joined.bufferDuration));
    }
    const request = { streamId, listenerId: progress.listenerId, preferredQuality };
    const frames = client.listen(request, { signal: connection.signal })[Symbol.asyncIterator]();
    for (;;) {
      const silence = isSounding ? SOUND_STOPPED_MS : SILENCE_MS;
      const cancelWatch = timers.after(silence, () => breakOff({ kind: "silent" }));
      const next = await frames.next().finally(cancelWatch);
      lastFrameAt = timers.now();
      if (ownCut !== undefined) return ownCut;
      if (next.done) return { kind: "closed", closing: undefined };
      const { frame } = next.value;
      if (frame.case === "packets") isSounding = true;
      else if (frame.case === "paused" || frame.case === "heartbeat") isSounding = false;
      const cut = readFrame(frame, options);
      if (cut !== undefined) return cut;
    }
  } catch (thrown) {
    if (thrown instanceof CallbackError) throw thrown.cause;
    return ownCut ?? { kind: "failed", problem: problemOf(thrown) };
  } finally {
    sleep();
    signal.removeEventListener("abort", stop);
    connection.abort();
  }
}

/** What a callback threw is the caller's, not the connection's. */
class CallbackError extends Error {}

function readFrame(frame: ListenResponse["frame"], options: OnceOptions): ListenCut | undefined {
  try {
    return take(frame, options);
  } catch (thrown) {
    throw new CallbackError("a callback failed", { cause: thrown });
  }
}

function take(frame: ListenResponse["frame"], options: OnceOptions): ListenCut | undefined {
  switch (frame.case) {
    case "opened":
      options.onState?.({ kind: "open" });
      options.onOpened(frame.value);
      options.onQuality?.(frame.value.quality);
      // Said only when it is so.
      options.onPaused?.(false);
      return undefined;
    case "packets":
      options.onSound();
      takePackets(frame.value.packets, options);
      return undefined;
    case "qualityChanged":
      options.onQuality?.(frame.value.quality);
      return undefined;
    case "metadata":
      options.onMetadata?.(frame.value);
      return undefined;
    case "volume":
      options.onVolume?.(frame.value.volume);
      return undefined;
    case "paused":
    case "resumed":
      options.onPaused?.(frame.case === "paused");
      return undefined;
    case "ended":
      return { kind: "stream-ended" };
    case "closing":
      return { kind: "closed", closing: frame.value };
    case "heartbeat":
    case undefined:
      return undefined;
  }
}

/**
 * A connection begins with some sound from before, which may have been heard over the one before it. Numbers are those of
 * the process that sends: another one may have counted otherwise, which shows in the last packet that was heard.
 */
function takePackets(packets: readonly AudioPacket[], { progress, onPackets }: OnceOptions): void {
  const { last, isResuming } = progress;
  const end = packets.at(-1);
  if (end === undefined) return;
  progress.isResuming = false;
  const isCountedAnew = isResuming && last !== undefined && !goesOnFrom(last, packets);
  const fresh =
    last === undefined || isCountedAnew ? packets : packets.filter(({ sequence }) => sequence > last.sequence);
  const next = fresh[0];
  if (next === undefined) return;
  progress.last = end;
  onPackets(fresh, last !== undefined && (isCountedAnew || next.sequence !== last.sequence + 1n));
}

/** Whether packets are of the same count: they come after the last one, or it is among them. */
function goesOnFrom(last: Pick<AudioPacket, "sequence" | "data">, packets: readonly AudioPacket[]): boolean {
  if ((packets[0]?.sequence ?? 0n) > last.sequence) return true;
  const again = packets.find(({ sequence }) => sequence === last.sequence);
  return again !== undefined && isSame(again.data, last.data);
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
