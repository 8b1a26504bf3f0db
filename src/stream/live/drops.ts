import type { Rendition } from "../live-port.ts";
import type { LiveCounters } from "./live-metrics.ts";

/** Sound of one stream that was left out, as the encoder or a listener was too slow: counted here, and for all. */
export class Drops {
  readonly #counters: LiveCounters;
  readonly #byQuality = new Map<Rendition, number>();
  /** Packets that were not encoded in time, of those of the present maker. */
  #unencoded = 0;

  constructor(counters: LiveCounters) {
    this.#counters = counters;
  }

  /** Packets of a quality that a listener did not get in time. */
  add(quality: Rendition, packets: number): void {
    this.#byQuality.set(quality, this.of(quality) + packets);
    this.#counters.droppedFor(quality).add(packets);
  }

  of(quality: Rendition): number {
    return this.#byQuality.get(quality) ?? 0;
  }

  /** All that listeners did not get. */
  get total(): number {
    return [...this.#byQuality.values()].reduce((sum, each) => sum + each, 0);
  }

  /** Takes in how many packets the maker has not encoded so far. */
  unencodedAre(packets: number): void {
    this.#counters.unencoded.add(packets - this.#unencoded);
    this.#unencoded = packets;
  }

  /** The next maker counts from zero. */
  makerChanged(): void {
    this.#unencoded = 0;
  }
}
