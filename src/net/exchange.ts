import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { limits } from "../platform/limits.ts";

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

/** Tells those who wait for the end of an exchange, and those who ask too late. */
export class CloseListeners {
  #listeners: CloseListener[] = [];
  #early: boolean | undefined;

  add(listener: CloseListener): void {
    const early = this.#early;
    if (early === undefined) this.#listeners.push(listener);
    else queueMicrotask(() => listener(early));
  }

  close(early: boolean): void {
    this.#early = early;
    for (const listener of this.#listeners) listener(early);
    this.#listeners = [];
  }
}

/** Collects a readable's bytes; shared by both versions of HTTP, whose streams behave alike. */
export function collectBody(
  readable: Readable,
  maxBytes: number,
  done: (error: BodyError | undefined, bytes: Uint8Array) => void,
): void {
  // An empty body may be over before anybody asks for it, as while a new token was looked at.
  if (readable.readableEnded) return done(undefined, noBytes);
  let first: Uint8Array | undefined;
  let more: Uint8Array[] | undefined;
  let size = 0;
  let sizeBefore = 0;
  let settled = false;
  const pace = setInterval(() => {
    if (size - sizeBefore < limits.port.stalledBodyBytes) settle("stalled", noBytes);
    sizeBefore = size;
  }, limits.port.stalledBodyMs).unref();

  function settle(error: BodyError | undefined, bytes: Uint8Array): void {
    if (settled) return;
    settled = true;
    clearInterval(pace);
    done(error, bytes);
  }
  readable.on("data", (chunk: Uint8Array) => {
    if (settled) return;
    size += chunk.length;
    if (size > maxBytes) settle("too-large", noBytes);
    else if (first === undefined) first = chunk;
    else if (more === undefined) more = [first, chunk];
    else more.push(chunk);
  });
  readable.on("end", () => settle(undefined, more !== undefined ? Buffer.concat(more, size) : (first ?? noBytes)));
  readable.on("error", () => settle("gone", noBytes));
  readable.on("close", () => settle("gone", noBytes));
}
