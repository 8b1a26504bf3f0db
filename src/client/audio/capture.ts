import type { AudioInput } from "./input.ts";
import { OPUS, WEBM_OPUS } from "./ways.ts";
import { CAPTURE, type CaptureBlock, type CaptureOptions } from "./worklet/messages.ts";

/** Turns the sound of an input into what is sent, until it is closed. */
export interface Capture {
  close(): void;
}

/** 20 ms at 48 kHz: the grid that every stream has. */
export const PACKET_SAMPLES = 960;

/** Blocks that wait for the encoder before new ones are left out. */
const MOST_WAITING = 100;

/**
 * Opus packets of 20 ms. `onPacket` gets a packet's number, counted from the beginning; one that is left out was lost
 * here, as the machine is too slow. The worklet's module has to be loaded.
 */
export function capturePackets(
  input: AudioInput,
  options: { bitrate: number; onPacket(number: number, data: Uint8Array): void; onFailed(thrown: unknown): void },
): Capture {
  const { context } = input;
  const processorOptions: CaptureOptions = { channels: OPUS.numberOfChannels, blockLength: PACKET_SAMPLES };
  const node = new AudioWorkletNode(context, CAPTURE, {
    numberOfInputs: 1,
    numberOfOutputs: 1,
    outputChannelCount: [1],
    processorOptions,
  });
  // An encoder answers in the order in which it was asked.
  const asked: number[] = [];
  let blocks = 0;
  const encoder = new AudioEncoder({
    output(chunk) {
      const number = asked.shift();
      if (number === undefined) return;
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      options.onPacket(number, data);
    },
    error: options.onFailed,
  });
  encoder.configure({
    ...OPUS,
    bitrate: options.bitrate,
    opus: { frameDuration: 20_000, application: "audio" },
  } as AudioEncoderConfig);

  node.port.onmessage = ({ data: planes }: MessageEvent<CaptureBlock>) => {
    if (encoder.state !== "configured") return;
    const number = blocks;
    blocks += 1;
    if (encoder.encodeQueueSize > MOST_WAITING) return;
    const samples = new Float32Array(PACKET_SAMPLES * OPUS.numberOfChannels);
    for (const [channel, plane] of planes.entries()) samples.set(plane, channel * PACKET_SAMPLES);
    const sound = new AudioData({
      format: "f32-planar",
      sampleRate: OPUS.sampleRate,
      numberOfFrames: PACKET_SAMPLES,
      numberOfChannels: OPUS.numberOfChannels,
      timestamp: number * 20_000,
      data: samples,
    });
    asked.push(number);
    encoder.encode(sound);
    sound.close();
  };
  input.node.connect(node);
  // A node that leads nowhere is not run. What it gives out is silence.
  node.connect(context.destination);
  return {
    close() {
      node.port.postMessage("end");
      node.disconnect();
      if (encoder.state !== "closed") encoder.close();
    },
  };
}

/** How much sound a piece of a recorder holds, about. */
export const RECORDER_PIECE_MS = 100;

/** Pieces of a WebM file, as MediaRecorder makes them. `isHead` for the first, without which the others say nothing. */
export function captureRecorder(
  input: AudioInput,
  options: { bitrate: number; onPiece(bytes: Uint8Array, isHead: boolean): void; onFailed(thrown: unknown): void },
): Capture {
  const target = new MediaStreamAudioDestinationNode(input.context, { channelCount: OPUS.numberOfChannels });
  input.node.connect(target);
  const recorder = new MediaRecorder(target.stream, {
    mimeType: WEBM_OPUS,
    audioBitsPerSecond: options.bitrate,
  });
  let isHead = true;
  let isClosed = false;
  // Blobs are read one after the other, or a small one would overtake.
  let reading = Promise.resolve();
  recorder.addEventListener("dataavailable", ({ data }) => {
    reading = reading
      .then(() => data.arrayBuffer())
      .then((bytes) => {
        if (isClosed || bytes.byteLength === 0) return;
        options.onPiece(new Uint8Array(bytes), isHead);
        isHead = false;
      });
  });
  recorder.addEventListener("error", (event) => options.onFailed((event as ErrorEvent).error));
  recorder.start(RECORDER_PIECE_MS);
  return {
    close() {
      isClosed = true;
      if (recorder.state !== "inactive") recorder.stop();
      input.node.disconnect(target);
    },
  };
}
