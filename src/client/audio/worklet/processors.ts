// Runs beside the page, on the thread that makes the sound: a file of its own, which the page names to the browser.
import { createBlocks } from "./blocks.ts";
import { CAPTURE, type CaptureOptions, PLAYER, type PlayerOptions, type PlayerOrder } from "./messages.ts";
import { createPlayerRing } from "./player-ring.ts";

/** TypeScript's libraries do not know this place. */
interface Processor {
  readonly port: MessagePort;
}
declare const AudioWorkletProcessor: new () => Processor;
declare const sampleRate: number;
declare function registerProcessor(name: string, make: new (options: AudioWorkletNodeOptions) => Processor): void;

const REPORT_EVERY = 0.1;

registerProcessor(
  PLAYER,
  class extends AudioWorkletProcessor {
    readonly #ring: ReturnType<typeof createPlayerRing>;
    #sinceReport = 0;
    #isOver = false;

    constructor({ processorOptions }: AudioWorkletNodeOptions) {
      super();
      this.#ring = createPlayerRing(sampleRate, (processorOptions as PlayerOptions).target);
      this.port.onmessage = ({ data }: MessageEvent<PlayerOrder>) => {
        if (data.kind === "sound") this.#ring.push(data.planes, data.isBroken);
        else if (data.kind === "target") this.#ring.setTarget(data.seconds);
        else if (data.kind === "clear") this.#ring.clear();
        else this.#isOver = true;
      };
    }

    process(_inputs: Float32Array[][], [output = []]: Float32Array[][]): boolean {
      this.#ring.read(output);
      this.#sinceReport += output[0]?.length ?? 0;
      if (this.#sinceReport >= REPORT_EVERY * sampleRate) {
        this.#sinceReport = 0;
        const { buffered, underruns, isPlaying } = this.#ring.report();
        this.port.postMessage({ bufferedMs: (buffered * 1000) / sampleRate, underruns, isPlaying });
      }
      return !this.#isOver;
    }
  },
);

registerProcessor(
  CAPTURE,
  class extends AudioWorkletProcessor {
    readonly #blocks: ReturnType<typeof createBlocks>;
    #isOver = false;

    constructor({ processorOptions }: AudioWorkletNodeOptions) {
      super();
      const { channels, blockLength } = processorOptions as CaptureOptions;
      this.#blocks = createBlocks(channels, blockLength, (planes) =>
        this.port.postMessage(
          planes,
          planes.map(({ buffer }) => buffer as ArrayBuffer),
        ),
      );
      this.port.onmessage = () => {
        this.#isOver = true;
      };
    }

    process([input = []]: Float32Array[][], [output = []]: Float32Array[][]): boolean {
      // A source that is silent or gone has no channels: it counts all the same, so that time goes on.
      this.#blocks.add(input, output[0]?.length ?? 128);
      return !this.#isOver;
    }
  },
);
