import type { AudioPacket } from "#gen/veza/stream/v1/audio_pb.ts";
import { OPUS } from "./ways.ts";
import { PLAYER, type PlayerOptions, type PlayerOrder, type PlayerReport } from "./worklet/messages.ts";

/** Plays Opus packets as they come: AudioDecoder, then a ring in an AudioWorklet. */
export interface PacketPlayer {
  readonly node: AudioNode;
  /** The state of the ring a moment ago. */
  report(): PlayerReport;
  play(packets: readonly AudioPacket[], isBroken: boolean): void;
  /** How much sound to gather before playing, in seconds. */
  setTarget(seconds: number): void;
  /** Forgets what waits: what comes next is of another time. */
  clear(): void;
  close(): void;
}

/** Who is so far behind with decoding cannot be helped with more. */
const MOST_WAITING = 150;

/** @param target how much sound to gather before playing, in seconds. The worklet's module has to be loaded. */
export function createPacketPlayer(context: AudioContext, target: number): PacketPlayer {
  const processorOptions: PlayerOptions = { target };
  const node = new AudioWorkletNode(context, PLAYER, {
    numberOfInputs: 0,
    numberOfOutputs: 1,
    outputChannelCount: [OPUS.numberOfChannels],
    processorOptions,
  });
  let report: PlayerReport = { bufferedMs: 0, underruns: 0, isPlaying: false };
  node.port.onmessage = ({ data }: MessageEvent<PlayerReport>) => {
    report = data;
  };
  /** The next sound that comes out of the decoder does not continue what came before. */
  let isBroken = true;
  let decoder = begin();

  function tell(order: PlayerOrder, transfer: Transferable[] = []): void {
    node.port.postMessage(order, transfer);
  }

  function begin(): AudioDecoder {
    const made = new AudioDecoder({
      output(sound) {
        const planes = Array.from({ length: sound.numberOfChannels }, (_, planeIndex) => {
          const plane = new Float32Array(sound.numberOfFrames);
          sound.copyTo(plane, { planeIndex, format: "f32-planar" });
          return plane;
        });
        sound.close();
        tell(
          { kind: "sound", planes, isBroken },
          planes.map(({ buffer }) => buffer),
        );
        isBroken = false;
      },
      // A packet that cannot be read costs its own 20 ms: the next one finds a new decoder.
      error() {
        isBroken = true;
      },
    });
    made.configure(OPUS);
    return made;
  }

  return {
    node,
    report: () => report,
    play(packets, breaks) {
      if (decoder.state === "closed") decoder = begin();
      if (breaks || decoder.decodeQueueSize > MOST_WAITING) isBroken = true;
      for (const { pts, data } of packets) {
        if (decoder.decodeQueueSize > MOST_WAITING) return;
        const timestamp = Math.round((Number(pts) * 1_000_000) / OPUS.sampleRate);
        decoder.decode(new EncodedAudioChunk({ type: "key", timestamp, data }));
      }
    },
    setTarget: (seconds) => tell({ kind: "target", seconds }),
    clear() {
      isBroken = true;
      tell({ kind: "clear" });
    },
    close() {
      tell({ kind: "end" });
      node.disconnect();
      if (decoder.state !== "closed") decoder.close();
    },
  };
}
