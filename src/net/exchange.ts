import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";

/** Response headers as they go to the wire: lower-case names. */
export type WireHeaders = Readonly<Record<string, string | readonly string[]>>;

/**
 * One request and its response, over HTTP/1.1 or HTTP/2. What the two have in common and an RPC needs, and nothing that
 * costs before it is asked for.
 */
export interface Exchange {
  readonly httpVersion: "1.1" | "2.0";
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly remoteAddress: string;
  /** Whether the client went away, or the response is over. */
  readonly closed: boolean;
  /** A request header by its lower-case name; repeated ones joined by a comma. */
  header(name: string): string | undefined;
  /** All request headers. */
  headers(): Headers;
  /** All request headers as Node has them, those of HTTP/2 that begin with a colon among them. */
  readonly rawHeaders: IncomingHttpHeaders;
  /** Lets go of the request's headers, target and method: an answer may go on for days after anybody asked for them. */
  forgetHeaders(): void;
  /**
   * Reads the whole body and calls back once: with the bytes, or with an error: `too-large` past `maxBytes`, `gone`
   * when the client went away before the end, `stalled` when too little came for too long.
   */
  readBody(maxBytes: number, done: (error: BodyError | undefined, bytes: Uint8Array) => void): void;
  /** The body as it comes, at the pace it is asked for. Not together with `readBody`. */
  body(): AsyncIterable<Uint8Array>;
  /** The body for whoever passes it on. Not together with `readBody` or `body`. */
  readonly rawBody: Readable;
  /** Sends a response whose body is known. */
  respond(status: number, headers: WireHeaders, body: Uint8Array | undefined, trailers?: WireHeaders): void;
  /** Begins a response whose body follows by `write` and ends by `end`. */
  begin(status: number, headers: WireHeaders, withTrailers: boolean): void;
  /** False when the reader is behind: wait for `onDrain` before writing on. */
  write(bytes: Uint8Array): boolean;
  end(trailers?: WireHeaders): void;
  /** Cuts the exchange off: the client sees a broken stream, not an end. */
  reset(): void;
  onDrain(listener: () => void): void;
  /** Calls back once, when the response is over or the client went away before that (`early`): at once if that was. */
  onClose(listener: (early: boolean) => void): void;
}

export type BodyError = "too-large" | "gone" | "stalled";

export const noBytes = new Uint8Array(0);

/** Headers as they go to the wire. Only cookies may not be joined by a comma. */
export function toWire(headers: Headers | undefined): WireHeaders {
  const wire: Record<string, string | readonly string[]> = {};
  headers?.forEach((value, name) => {
    wire[name] = name === "set-cookie" ? headers.getSetCookie() : value;
  });
  return wire;
}

type CloseListener = (early: boolean) => void;

/** Tells those who wait for the end of an exchange, and those who ask too late. Most exchanges have one who does. */
export class CloseListeners {
  #first: CloseListener | undefined;
  #more: CloseListener[] | undefined;
  #early: boolean | undefined;

  add(listener: CloseListener): void {
    const early = this.#early;
    if (early !== undefined) queueMicrotask(() => listener(early));
    else if (this.#first === undefined) this.#first = listener;
    else if (this.#more === undefined) this.#more = [listener];
    else this.#more.push(listener);
  }

  close(early: boolean): void {
    this.#early = early;
    this.#first?.(early);
    for (const listener of this.#more ?? []) listener(early);
    this.#first = undefined;
    this.#more = undefined;
  }
}
