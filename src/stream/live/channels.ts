import {
  type AudioPacket,
  createOggMuxer,
  createWebmMuxer,
  type Rendition as LadderRendition,
  type Level,
} from "../audio/index.ts";
import { Channel, type ContainerName } from "./channel.ts";
import type { Maker } from "./maker.ts";
import { Numbering } from "./numbering.ts";

/**
 * The renditions of a stream that somebody hears, and how loud it is for who wants to know: each made as long as it is
 * used, and going on where it was when another maker takes over.
 */
export class Channels {
  readonly #maker: () => Maker;
  readonly #serial: number;
  readonly #numbering = new Numbering();
  readonly #used = new Map<LadderRendition, { channel: Channel; users: number }>();
  readonly #levelListeners = new Set<(levels: readonly Level[]) => void>();

  constructor(streamId: string, maker: () => Maker) {
    this.#serial = serialOf(streamId);
    this.#maker = maker;
  }

  get(rendition: LadderRendition): Channel | undefined {
    return this.#used.get(rendition)?.channel;
  }

  tune(rendition: LadderRendition, backfillMs: number): Channel {
    let used = this.#used.get(rendition);
    if (used === undefined) {
      const makeMuxer = (container: ContainerName) =>
        container === "ogg" ? createOggMuxer(this.#serial) : createWebmMuxer();
      used = { channel: new Channel(rendition, makeMuxer), users: 0 };
      this.#used.set(rendition, used);
      this.#maker().want(rendition, backfillMs);
    }
    used.users += 1;
    return used.channel;
  }

  release({ rendition }: Channel): void {
    const used = this.#used.get(rendition);
    if (used === undefined) return;
    used.users -= 1;
    if (used.users > 0) return;
    this.#used.delete(rendition);
    this.#maker().unwant(rendition);
  }

  onLevels(listener: (levels: readonly Level[]) => void): Disposable {
    this.#levelListeners.add(listener);
    this.#maker().levels(true);
    return {
      [Symbol.dispose]: () => {
        this.#levelListeners.delete(listener);
        if (this.#levelListeners.size === 0) this.#maker().levels(false);
      },
    };
  }

  /** Takes what the maker makes. */
  take(rendition: LadderRendition, packets: readonly AudioPacket[]): void {
    this.#used.get(rendition)?.channel.add(this.#numbering.place(rendition, packets));
  }

  takeLevels(levels: readonly Level[]): void {
    for (const listener of [...this.#levelListeners]) listener(levels);
  }

  /** What comes next is numbered by somebody who does not know of what was. */
  restartNumbers(): void {
    this.#numbering.restart();
  }

  /** What was wanted of one maker is wanted of the next. Nothing of what was heard comes again. */
  makerChanged(): void {
    this.#numbering.restart();
    for (const rendition of this.#used.keys()) this.#maker().want(rendition, 0);
    if (this.#levelListeners.size > 0) this.#maker().levels(true);
  }
}

/** A number for the containers of a stream: the same in every rendition, so that a listener may go from one to another. */
function serialOf(id: string): number {
  return Number.parseInt(id.slice(-8), 16) >>> 0;
}
