/**
 * How a stream can be heard, the quickest first: packets through AudioDecoder and an AudioWorklet, WebM through
 * MediaSource, or whatever `<audio>` itself plays.
 */
export type ListenWay = "packets" | "media-source" | "element";

/** How sound can be sent: packets from AudioEncoder, or pieces of WebM from MediaRecorder. */
export type BroadcastWay = "packets" | "recorder";

export const WEBM_OPUS = 'audio/webm; codecs="opus"';

/** Opus as it is encoded and decoded here: stereo at 48 kHz. */
export const OPUS = { codec: "opus", sampleRate: 48_000, numberOfChannels: 2 } as const;

/** The ways in which this browser can listen, the best first; never none, as the last can only be tried. */
export async function listenWays(): Promise<ListenWay[]> {
  const ways: ListenWay[] = [];
  if (hasWorklets() && (await decodesOpus())) ways.push("packets");
  if (mediaSourceClass()?.isTypeSupported(WEBM_OPUS) === true) ways.push("media-source");
  return [...ways, "element"];
}

/** The ways in which this browser can broadcast, the best first; none when it cannot at all. */
export async function broadcastWays(): Promise<BroadcastWay[]> {
  const ways: BroadcastWay[] = [];
  if (hasWorklets() && (await encodesOpus())) ways.push("packets");
  if (typeof MediaRecorder !== "undefined" && MediaRecorder.isTypeSupported(WEBM_OPUS)) ways.push("recorder");
  return ways;
}

/** Safari on iPhones has another one. */
export function mediaSourceClass(): typeof MediaSource | undefined {
  const { ManagedMediaSource } = globalThis as { ManagedMediaSource?: typeof MediaSource };
  return ManagedMediaSource ?? globalThis.MediaSource;
}

/** Whether there is a microphone to ask for: browsers keep it from pages on plain HTTP. */
export function hasMicrophone(): boolean {
  return typeof navigator.mediaDevices?.getUserMedia === "function";
}

function hasWorklets(): boolean {
  return typeof AudioWorkletNode !== "undefined" && globalThis.isSecureContext;
}

async function decodesOpus(): Promise<boolean> {
  if (typeof AudioDecoder === "undefined") return false;
  return AudioDecoder.isConfigSupported(OPUS).then(
    ({ supported }) => supported === true,
    () => false,
  );
}

async function encodesOpus(): Promise<boolean> {
  if (typeof AudioEncoder === "undefined") return false;
  return AudioEncoder.isConfigSupported({ ...OPUS, bitrate: 128_000 }).then(
    ({ supported }) => supported === true,
    () => false,
  );
}
