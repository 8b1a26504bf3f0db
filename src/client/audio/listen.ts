import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { Client } from "@connectrpc/connect";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import type { StreamMetadata } from "#gen/veza/stream/v1/stream_pb.ts";
import type { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { problemOf } from "../errors.ts";
import { type Network, steadyNetwork } from "../network.ts";
import { type Level, levelReader, SILENCE } from "./level.ts";
import type { ListenEnd } from "./listen-end.ts";
import { createMediaPlayer, type MediaPlayer } from "./media-player.ts";
import { createPacketPlayer, type PacketPlayer } from "./packet-player.ts";
import { type ReceiveState, receive } from "./receive.ts";
import { type ListenWay, listenWays, OPUS } from "./ways.ts";

export type ListenStatus =
  | { readonly kind: "connecting" }
  /** Connected; there is no sound yet, or none right now. */
  | { readonly kind: "gathering" }
  | { readonly kind: "playing" }
  /** The streamer pauses. */
  | { readonly kind: "paused" }
  /** Cut; tries again at `until`, in milliseconds since 1970. */
  | { readonly kind: "waiting"; readonly until: number }
  /** The browser plays nothing before a click: call `unblock` from one. */
  | { readonly kind: "blocked" }
  | { readonly kind: "over"; readonly end: ListenEnd };

/** How playing goes. */
export interface ListenFigures {
  /** Sound that waits to be played, in milliseconds. */
  readonly bufferedMs: number;
  /** How long sound takes from the network to the loudspeaker, in milliseconds. */
  readonly delayMs: number;
  /** How often there was nothing to play. */
  readonly underruns: number;
}

export interface Listening {
  /** How sound is heard; undefined until it is known. */
  way(): ListenWay | undefined;
  figures(): ListenFigures;
  /** How loud the stream is right now, whatever the volume. */
  level(): Level;
  /** From 0 to 1. */
  setVolume(volume: number): void;
  /** Goes on in another quality, without a stop where the way allows. Rejects when there is no such quality. */
  setQuality(quality: AudioQuality): Promise<void>;
  /** From within a click: lets the browser play. */
  unblock(): void;
  stop(): void;
  /** Resolves once all is over. Never rejects. */
  readonly over: Promise<ListenEnd>;
}

export interface ListenOptions {
  readonly client: Pick<
    Client<typeof StreamService>,
    "joinStream" | "leaveStream" | "listen" | "changeQuality" | "reportPlayback"
  >;
  readonly streamId: string;
  readonly quality: AudioQuality;
  /** From 0 to 1. */
  readonly volume: number;
  /** Where the module with the kit's worklets is served: `worklet/processors.ts` and what it imports, as one script. */
  readonly workletUrl: string;
  /** What the gateway's addresses start with. */
  readonly baseUrl: string;
  /** A token that should be accepted, for addresses that cannot carry a header; undefined when signed out. */
  accessToken(): Promise<string | undefined>;
  readonly network?: Network;
  /** The ways to try, the first one first; by default those that this browser has. */
  readonly ways?: readonly ListenWay[];
  onStatus?(status: ListenStatus): void;
  /** The quality that is heard. */
  onQuality?(quality: AudioQuality): void;
  onMetadata?(metadata: StreamMetadata): void;
  /** The streamer, or the listener elsewhere, has set the volume: 0 to 1. */
  onVolume?(volume: number): void;
}

/** What is kept in the buffer until the service says how its source sends. Seconds. */
const TARGET = 0.22;
/** The service sends so much more than has to be kept: what is under way is no delay. Seconds. */
const SPARED = 0.1;
/** What the player keeps in any case. Seconds. */
const LEAST = 0.22;
const REPORT_EVERY_MS = 5_000;
const LOOK_EVERY_MS = 200;
const HICCUP_MS = 800;

/**
 * Listens to a stream, from within a click where the browser wants one. Tries the ways that this browser has, the
 * quickest first, and goes on through every cut.
 */
export function listen(options: ListenOptions): Listening {
  const { client, streamId, network = steadyNetwork } = options;
  const stopping = new AbortController();
  const context = new AudioContext({ sampleRate: OPUS.sampleRate, latencyHint: "interactive" });
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  const gain = new GainNode(context, { gain: gainOf(options.volume) });
  analyser.connect(gain).connect(context.destination);
  const readLevel = levelReader(analyser);

  let quality = options.quality;
  let volume = options.volume;
  let way: ListenWay | undefined;
  let packets: PacketPlayer | undefined;
  let media: MediaPlayer | undefined;
  let listenerId: string | undefined;
  let isElementAlone = false;
  let connection: ReceiveState = { kind: "connecting" };
  let isPaused = false;
  let isBlocked = false;
  let soundedAt = 0;
  let said = "";

  function say(status: ListenStatus): void {
    const words = JSON.stringify(status.kind === "over" ? status.kind : status);
    if (words === said) return;
    said = words;
    options.onStatus?.(status);
  }

  function look(): void {
    if (stopping.signal.aborted) return;
    if (isBlocked || (context.state === "suspended" && packets !== undefined)) return say({ kind: "blocked" });
    // What waits in the buffer still plays while the connection is renewed.
    if (isSounding() && connection.kind !== "open") return;
    if (connection.kind === "connecting") return say({ kind: "connecting" });
    if (connection.kind === "waiting") return say(connection);
    if (isPaused) return say({ kind: "paused" });
    const now = Date.now();
    if (isSounding()) soundedAt = now;
    // A hiccup that is over before one could read of it is not told.
    say({ kind: now - soundedAt < HICCUP_MS ? "playing" : "gathering" });
  }

  const isSounding = () =>
    packets !== undefined
      ? packets.report().isPlaying
      : media !== undefined && !media.element.paused && media.element.readyState >= 3;

  const onState = (state: ReceiveState) => {
    connection = state;
    look();
  };

  /** Undefined when this way leads nowhere, so that the next one is tried. */
  async function byPackets(): Promise<ListenEnd | undefined> {
    try {
      await context.audioWorklet.addModule(options.workletUrl);
    } catch {
      return undefined;
    }
    const player = createPacketPlayer(context, TARGET);
    const wayEnds = new AbortController();
    let isUnplayable = false;
    packets = player;
    player.node.connect(analyser);
    const end = await receive({
      client,
      streamId,
      network,
      quality: () => quality,
      signal: AbortSignal.any([stopping.signal, wayEnds.signal]),
      onState,
      onJoined: (bufferMs) => player.setTarget(Math.max(LEAST, bufferMs / 1000 - SPARED)),
      onOpened(opened) {
        listenerId = opened.listenerId;
        if (opened.codec === OPUS.codec) return;
        isUnplayable = true;
        wayEnds.abort();
      },
      onPackets: player.play,
      onQuality: (heard) => options.onQuality?.(heard),
      onMetadata: (metadata) => options.onMetadata?.(metadata),
      onVolume(percent) {
        setVolume(percent / 100);
        options.onVolume?.(percent / 100);
      },
      onPaused(paused) {
        isPaused = paused;
        look();
      },
    });
    player.close();
    packets = undefined;
    leave();
    return isUnplayable ? undefined : end;
  }

  function leave(): void {
    if (listenerId === undefined) return;
    // Nobody waits for it: whoever does not listen has left after a minute anyway.
    client.leaveStream({ streamId, listenerId }).catch(() => {});
    listenerId = undefined;
  }

  async function byMedia(mediaWay: Exclude<ListenWay, "packets">): Promise<ListenEnd> {
    media = createMediaPlayer({
      way: mediaWay,
      signal: stopping.signal,
      network,
      onState,
      onBlocked() {
        isBlocked = true;
        look();
      },
      async url(form) {
        const url = new URL(`/listen/${streamId}.${form}`, options.baseUrl);
        url.searchParams.set("quality", QUALITY_NAMES[quality] ?? "auto");
        const token = await options.accessToken();
        if (token !== undefined) url.searchParams.set("token", token);
        return url.href;
      },
    });
    // An element that plays a stream by itself is left alone: not every browser lets one be tapped.
    isElementAlone = mediaWay === "element";
    if (isElementAlone) media.element.volume = gainOf(volume);
    else context.createMediaElementSource(media.element).connect(analyser);
    options.onQuality?.(quality);
    return media.over;
  }

  async function run(): Promise<ListenEnd> {
    for (const next of options.ways ?? (await listenWays())) {
      if (stopping.signal.aborted) return { kind: "stopped" };
      way = next;
      const end = await (next === "packets" ? byPackets() : byMedia(next));
      if (end !== undefined) return end;
    }
    const unsupported = new Error("this browser cannot play live sound");
    return { kind: "refused", problem: { ...problemOf(unsupported), sentence: unsupported.message } };
  }

  function report(): void {
    if (listenerId === undefined || packets === undefined) return;
    const { bufferedMs, underruns } = packets.report();
    const buffered = durationFromMs(Math.round(Math.min(60_000, bufferedMs)));
    client.reportPlayback({ streamId, listenerId, buffered, underruns }).catch(() => {});
  }

  function setVolume(next: number): void {
    volume = next;
    // Not at once: a step in the volume is a click in the ear.
    gain.gain.setTargetAtTime(gainOf(volume), context.currentTime, 0.015);
    if (isElementAlone && media !== undefined) media.element.volume = gainOf(volume);
  }

  void context.resume();
  say({ kind: "connecting" });
  context.addEventListener("statechange", look);
  const looking = setInterval(look, LOOK_EVERY_MS);
  const reporting = setInterval(report, REPORT_EVERY_MS);
  window.addEventListener("pagehide", leave);
  const over = run()
    .catch((thrown: unknown): ListenEnd => ({ kind: "refused", problem: problemOf(thrown) }))
    .then((end) => {
      stopping.abort();
      clearInterval(looking);
      clearInterval(reporting);
      window.removeEventListener("pagehide", leave);
      say({ kind: "over", end });
      void context.close();
      return end;
    });

  return {
    way: () => way,
    figures() {
      const output = (context.baseLatency + (context.outputLatency || 0)) * 1000;
      const { bufferedMs, underruns } = packets?.report() ?? {
        bufferedMs: media?.bufferedMs() ?? 0,
        underruns: media?.underruns() ?? 0,
      };
      return { bufferedMs, delayMs: bufferedMs + output, underruns };
    },
    level: () => (context.state === "running" && !isElementAlone ? readLevel() : SILENCE),
    setVolume,
    async setQuality(next) {
      const before = quality;
      quality = next;
      if (media !== undefined) {
        media.changeQuality();
        options.onQuality?.(next);
      } else if (listenerId !== undefined) {
        try {
          await client.changeQuality({ streamId, quality: next, listenerId });
        } catch (thrown) {
          quality = before;
          throw thrown;
        }
      }
    },
    unblock() {
      isBlocked = false;
      void context.resume();
      void media?.element.play().catch(() => {});
      look();
    },
    stop: () => stopping.abort(),
    over,
  };
}

/** A slider's way feels even when loudness grows with its square. */
function gainOf(volume: number): number {
  return volume * volume;
}

const QUALITY_NAMES: Partial<Record<AudioQuality, string>> = {
  [AudioQuality.AUTO]: "auto",
  [AudioQuality.LOW]: "low",
  [AudioQuality.MEDIUM]: "medium",
  [AudioQuality.HIGH]: "high",
  [AudioQuality.ULTRA]: "ultra",
};
