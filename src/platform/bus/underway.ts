/** Asked after this many bytes whether they have arrived. */
const askAfterBytes = 256 * 1024;

/**
 * How much was sent that the other side has not confirmed: a connection that takes nothing any more, and has not been
 * found broken yet, must not fill the memory.
 */
export class Underway {
  readonly #confirm: () => Promise<void>;
  readonly #limit: number;
  #bytes = 0;
  #asking = false;
  /** Grows when the connection is lost, with all that was underway. */
  #connection = 0;

  /** `confirm` resolves when everything sent before has arrived, and rejects when the connection is lost. */
  constructor(limit: number, confirm: () => Promise<void>) {
    this.#limit = limit;
    this.#confirm = confirm;
  }

  /** Whether so many bytes more may be sent; they then count. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#limit) return false;
    this.#bytes += bytes;
    if (this.#bytes > askAfterBytes && !this.#asking) void this.#ask();
    return true;
  }

  /** The connection is lost, and what was underway with it. */
  reset(): void {
    this.#connection += 1;
    this.#bytes = 0;
    this.#asking = false;
  }

  async #ask(): Promise<void> {
    const connection = this.#connection;
    const asked = this.#bytes;
    this.#asking = true;
    try {
      await this.#confirm();
    } catch {
      // The connection is lost; `reset` is on its way.
      return;
    }
    if (connection !== this.#connection) return;
    this.#asking = false;
    this.#bytes -= asked;
  }
}
