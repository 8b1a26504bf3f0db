import type { Client } from "@connectrpc/connect";
import type { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { problemOf } from "../errors.ts";
import { type Network, steadyNetwork } from "../network.ts";
import { type Capture, capturePackets, captureRecorder, RECORDER_PIECE_MS } from "./capture.ts";
import type { AudioInput } from "./input.ts";
import { type PublishEnd, type PublishFigures, type PublishState, publish } from "./publish.ts";
import { type BroadcastWay, broadcastWays, OPUS } from "./ways.ts";

/** Why broadcasting is over. */
export type BroadcastEnd =
  | PublishEnd
  /** The file has been played to its end, or the microphone is gone. */
  | { readonly kind: "input-ended" }
  /** This browser cannot encode sound. */
  | { readonly kind: "unsupported" };

export type BroadcastStatus = PublishState | { readonly kind: "over"; readonly end: BroadcastEnd };

export interface Broadcasting {
  readonly input: AudioInput;
  /** How sound is sent; undefined until it is known. */
  way(): BroadcastWay | undefined;
  figures(): PublishFigures;
  /** Sends what waits, and ends the broadcast. The stream goes off air. */
  stop(): void;
  /** Resolves once all is over. Never rejects. */
  readonly over: Promise<BroadcastEnd>;
}

export interface BroadcastOptions {
  readonly client: Pick<Client<typeof StreamService>, "publishChunk">;
  readonly streamId: string;
  /** Is played from its beginning, and closed at the end. */
  readonly input: AudioInput;
  /** Where the module with the kit's worklets is served. */
  readonly workletUrl: string;
  /** In bits a second. */
  readonly bitrate?: number;
  readonly network?: Network;
  /** The ways to try, the first one first; by default those that this browser has. */
  readonly ways?: readonly BroadcastWay[];
  onStatus?(status: BroadcastStatus): void;
}

const BITRATE = 128_000;
const FINISH_MS = 3_000;

/** Broadcasts an input to a stream of the caller's, through every cut, until it is stopped or ends. */
export function broadcast(options: BroadcastOptions): Broadcasting {
  const { client, streamId, input, network = steadyNetwork, bitrate = BITRATE } = options;
  const stopping = new AbortController();
  let way: BroadcastWay | undefined;
  let publishing: ReturnType<typeof publish> | undefined;
  let ending: BroadcastEnd | undefined;
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });

  function end(with_: BroadcastEnd): void {
    ending ??= with_;
    finish();
  }
  input.onEnd = () => end({ kind: "input-ended" });

  async function run(): Promise<BroadcastEnd> {
    const ways = options.ways ?? (await broadcastWays());
    way = ways[0];
    if (way === "packets" && !(await canCapturePackets(input.context, options.workletUrl))) way = ways[1];
    if (way === undefined) return { kind: "unsupported" };
    const isPackets = way === "packets";
    let capture: Capture | undefined;
    let isPlaying = false;
    const onFailed = (thrown: unknown) => end({ kind: "refused", problem: problemOf(thrown) });
    const sending = publish({
      client,
      streamId,
      network,
      form: isPackets ? "packets" : "container",
      newId: newUuid,
      signal: stopping.signal,
      onState(state) {
        // A file begins once somebody can hear it; until then there is silence.
        if (state.kind === "live" && !isPlaying) input.play();
        isPlaying ||= state.kind === "live";
        options.onStatus?.(state);
      },
      onBeginAgain: () => !isPackets && begin(),
    });
    publishing = sending;

    function begin(): void {
      capture?.close();
      capture = isPackets
        ? capturePackets(input, {
            bitrate,
            onPacket: (number, data) => sending.add({ data, number, ms: 20 }),
            onFailed,
          })
        : captureRecorder(input, {
            bitrate,
            onPiece: (data, isHead) => sending.add({ data, isHead, ms: RECORDER_PIECE_MS }),
            onFailed,
          });
    }

    begin();
    void sending.over.then((over) => end(over));
    await finished;
    capture?.close();
    const patience = setTimeout(() => stopping.abort(), FINISH_MS);
    await sending.finish();
    clearTimeout(patience);
    return ending ?? { kind: "stopped" };
  }

  const over = run()
    .catch((thrown: unknown): BroadcastEnd => ({ kind: "refused", problem: problemOf(thrown) }))
    .then((result) => {
      stopping.abort();
      input.onEnd = undefined;
      input.close();
      options.onStatus?.({ kind: "over", end: result });
      return result;
    });

  return {
    input,
    way: () => way,
    figures: () => publishing?.figures() ?? { waitingMs: 0, droppedMs: 0, roundTripMs: 0 },
    stop: () => end({ kind: "stopped" }),
    over,
  };
}

async function canCapturePackets(context: AudioContext, url: string): Promise<boolean> {
  if (context.sampleRate !== OPUS.sampleRate) return false;
  return context.audioWorklet.addModule(url).then(
    () => true,
    () => false,
  );
}

/** A random UUID (RFC 9562 §5.4). Not crypto.randomUUID: browsers keep that from pages on plain HTTP. */
function newUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
