/** Response headers as they go to the wire: lower-case names. */
export type WireHeaders = Record<string, string | readonly string[]>;

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
  /**
   * Reads the whole body and calls back once: with the bytes, or with an error: `too-large` past `maxBytes`, `gone`
   * when the client went away before the end, `stalled` when nothing came for too long.
   */
  readBody(maxBytes: number, done: (error: BodyError | undefined, bytes: Uint8Array) => void): void;
  /** The body as it comes. Not together with `readBody`. */
  body(): AsyncIterable<Uint8Array>;
  /** Sends a response whose body is known. With trailers only over HTTP/2. */
  respond(status: number, headers: WireHeaders, body: Uint8Array | undefined, trailers?: WireHeaders): void;
  /** Begins a response whose body follows by `write` and ends by `end`. */
  begin(status: number, headers: WireHeaders, withTrailers: boolean): void;
  /** False when the reader is behind: wait for `onDrain` before writing on. */
  write(bytes: Uint8Array): boolean;
  end(trailers?: WireHeaders): void;
  /** Cuts the exchange off: the client sees a broken stream, not an end. */
  reset(): void;
  onDrain(listener: () => void): void;
  /** Calls back once, when the response is over or the client went away before that (`early`). */
  onClose(listener: (early: boolean) => void): void;
}

export type BodyError = "too-large" | "gone" | "stalled";

export const noBytes = new Uint8Array(0);

/** Collects a readable's bytes; shared by both versions of HTTP, whose streams behave alike. */
export function collectBody(
  readable: NodeJS.ReadableStream & { readonly errored?: Error | null },
  maxBytes: number,
  stalledMs: number,
  done: (error: BodyError | undefined, bytes: Uint8Array) => void,
): void {
  let first: Uint8Array | undefined;
  let more: Uint8Array[] | undefined;
  let size = 0;
  let settled = false;
  let timer: NodeJS.Timeout | undefined;

  function settle(error: BodyError | undefined, bytes: Uint8Array): void {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    done(error, bytes);
  }
  readable.on("data", (chunk: Uint8Array) => {
    if (settled) return;
    size += chunk.length;
    if (size > maxBytes) {
      readable.pause();
      settle("too-large", noBytes);
      return;
    }
    if (first === undefined) {
      first = chunk;
      // Most bodies are one chunk, whose end is already here: the timer begins only when there is something to wait for.
      setImmediate(() => {
        if (!settled) timer = setTimeout(() => settle("stalled", noBytes), stalledMs).unref();
      });
    } else {
      if (more === undefined) more = [first];
      more.push(chunk);
      timer?.refresh();
    }
  });
  readable.on("end", () => settle(undefined, more !== undefined ? Buffer.concat(more, size) : (first ?? noBytes)));
  readable.on("error", () => settle("gone", noBytes));
  readable.on("close", () => settle("gone", noBytes));
}
