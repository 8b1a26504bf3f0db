/** Headers of a response: lower-case names. */
export type HttpHeaders = Readonly<Record<string, string | readonly string[]>>;

/**
 * One HTTP request and its response, over whatever version, for those who serve more than an RPC: sound as it comes, or
 * parts of a file. What `net` calls an exchange is one.
 */
export interface HttpExchange {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  readonly remoteAddress: string;
  /** Whether the client went away, or the response is over. */
  readonly closed: boolean;
  /** A request header by its lower-case name; repeated ones joined by a comma. */
  header(name: string): string | undefined;
  /** The request's body as it comes, at the pace it is asked for. Throws when the client goes away before its end. */
  body(): AsyncIterable<Uint8Array>;
  /** Sends a response whose body is known. */
  respond(status: number, headers: HttpHeaders, body: Uint8Array | undefined): void;
  /** Begins a response whose body follows by `write` and ends by `end`. */
  begin(status: number, headers: HttpHeaders, withTrailers: boolean): void;
  /** False when the reader is behind: wait for `onDrain` before writing on. */
  write(bytes: Uint8Array): boolean;
  end(): void;
  /** Cuts the exchange off: the client sees a broken stream, not an end. */
  reset(): void;
  onDrain(listener: () => void): void;
  /** Calls back once, when the response is over or the client went away before that (`early`). */
  onClose(listener: (early: boolean) => void): void;
}
