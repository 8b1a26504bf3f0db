import type { Readable } from "node:stream";
import { createCoarseTimeout } from "../platform/coarse-timeout.ts";
import { limits } from "../platform/limits.ts";
import { type BodyError, noBytes } from "./exchange.ts";

const { stalledBodyBytes, stalledBodyMs } = limits.port;
const looks = createCoarseTimeout<RequestBody>(stalledBodyMs, (body) => body.look());

/** A body that is read whole. Both versions of HTTP bring it in streams that behave alike. */
export class RequestBody {
  readonly #maxBytes: number;
  readonly #done: (error: BodyError | undefined, bytes: Uint8Array) => void;
  #first: Uint8Array | undefined;
  #more: Uint8Array[] | undefined;
  #size = 0;
  #sizeBefore = 0;
  #settled = false;

  constructor(maxBytes: number, done: (error: BodyError | undefined, bytes: Uint8Array) => void) {
    this.#maxBytes = maxBytes;
    this.#done = done;
  }

  /** Calls back once, perhaps at once. Whoever has the exchange says when it is over: `cut`. */
  read(readable: Readable): void {
    // An empty body may be over before anybody asks for it, as while a new token was looked at.
    if (readable.readableEnded) return this.#settle(undefined, noBytes);
    looks.begin(this);
    readable.on("data", (chunk: Uint8Array) => this.#take(chunk));
    readable.on("end", () => this.#settle(undefined, this.#whole()));
  }

  /** Nothing more will come. */
  cut(): void {
    this.#settle("gone", noBytes);
  }

  /** Gives up what came too slowly since it was last looked at. */
  look(): void {
    if (this.#size - this.#sizeBefore < stalledBodyBytes) return this.#settle("stalled", noBytes);
    this.#sizeBefore = this.#size;
    looks.begin(this);
  }

  #take(chunk: Uint8Array): void {
    if (this.#settled) return;
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) this.#settle("too-large", noBytes);
    else if (this.#first === undefined) this.#first = chunk;
    else if (this.#more === undefined) this.#more = [this.#first, chunk];
    else this.#more.push(chunk);
  }

  #whole(): Uint8Array {
    return this.#more === undefined ? (this.#first ?? noBytes) : Buffer.concat(this.#more, this.#size);
  }

  #settle(error: BodyError | undefined, bytes: Uint8Array): void {
    if (this.#settled) return;
    this.#settled = true;
    looks.end(this);
    this.#first = undefined;
    this.#more = undefined;
    this.#done(error, bytes);
  }
}
