const prefixBytes = 5;

/** Knows whether the bytes of a stream that were seen end where a frame ends: only there can an end of ours follow. */
export class FrameTracker {
  readonly #prefix = Buffer.alloc(prefixBytes);
  #prefixSeen = 0;
  #rest = 0;

  get isBetweenFrames(): boolean {
    return this.#rest === 0 && this.#prefixSeen === 0;
  }

  take(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#rest > 0) {
        const skipped = Math.min(this.#rest, bytes.length - at);
        this.#rest -= skipped;
        at += skipped;
        continue;
      }
      this.#prefix[this.#prefixSeen] = bytes[at] as number;
      this.#prefixSeen += 1;
      at += 1;
      if (this.#prefixSeen === prefixBytes) {
        this.#prefixSeen = 0;
        this.#rest = this.#prefix.readUInt32BE(1);
      }
    }
  }
}
