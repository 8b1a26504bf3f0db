/** Something with a number that plays for a while. */
export interface Numbered {
  /** Rises; may skip what was lost. */
  readonly sequence: number;
  /** How long it plays: samples of 48 kHz. */
  readonly duration: number;
}

/** The last few seconds of something, found by number. Who reads is a cursor; nobody has a queue. */
export class Ring<Item extends Numbered> {
  readonly #maxSamples: number;
  #items: Item[] = [];
  /** Items before this one are forgotten; they are cut off now and then, not one by one. */
  #first = 0;
  #samples = 0;

  constructor(maxMs: number) {
    this.#maxSamples = maxMs * 48;
  }

  get isEmpty(): boolean {
    return this.#first === this.#items.length;
  }

  get oldest(): Item | undefined {
    return this.#items[this.#first];
  }

  get newest(): Item | undefined {
    return this.isEmpty ? undefined : this.#items.at(-1);
  }

  add(item: Item): void {
    const { newest } = this;
    if (newest !== undefined && item.sequence <= newest.sequence) return;
    this.#items.push(item);
    this.#samples += item.duration;
    while (this.#samples > this.#maxSamples && this.#first < this.#items.length - 1) {
      this.#samples -= (this.#items[this.#first] as Item).duration;
      this.#first += 1;
    }
    if (this.#first > 256) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Forgets everything: what comes next does not follow what was. */
  clear(): void {
    this.#items = [];
    this.#first = 0;
    this.#samples = 0;
  }

  /** Those from this number on, as many as play `maxMs` at most, but one at least. */
  from(sequence: number, maxMs = Number.POSITIVE_INFINITY): Item[] {
    const at = this.#indexOf(sequence);
    let end = at;
    for (let samples = 0; end < this.#items.length; end += 1) {
      samples += (this.#items[end] as Item).duration;
      if (end > at && samples > maxMs * 48) break;
    }
    return this.#items.slice(at, end);
  }

  has(sequence: number): boolean {
    return this.#items[this.#indexOf(sequence)]?.sequence === sequence;
  }

  /** The number to begin with to hear the last `ms`; undefined while there is nothing. */
  since(ms: number): number | undefined {
    let at = this.#items.length;
    for (let samples = 0; at > this.#first && samples < ms * 48; ) {
      at -= 1;
      samples += (this.#items[at] as Item).duration;
    }
    return this.#items[at === this.#items.length ? at - 1 : at]?.sequence;
  }

  /** How long those from this number on play, in milliseconds. */
  msFrom(sequence: number): number {
    let samples = 0;
    for (let at = this.#items.length - 1; at >= this.#first; at -= 1) {
      const item = this.#items[at] as Item;
      if (item.sequence < sequence) break;
      samples += item.duration;
    }
    return samples / 48;
  }

  #indexOf(sequence: number): number {
    let low = this.#first;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#items[middle] as Item).sequence < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
