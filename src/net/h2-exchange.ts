import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Readable } from "node:stream";
import { limits } from "../platform/limits.ts";
import { type BodyError, CloseListeners, type Exchange, noBytes, type WireHeaders } from "./exchange.ts";
import { RequestBody } from "./request-body.ts";
import { cutStalled } from "./stalled.ts";

export class H2Exchange implements Exchange {
  readonly httpVersion = "2.0";
  readonly #stream: ServerHttp2Stream;
  #headers: IncomingHttpHeaders;
  readonly #cameFrom: string | undefined;
  readonly #closeListeners = new CloseListeners();
  #body: RequestBody | undefined;

  /** `cameFrom` is the caller's address where the other end is a gateway that passes the request on. */
  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, cameFrom?: string) {
    this.#stream = stream;
    this.#cameFrom = cameFrom;
    this.#headers = headers;
    stream.on("close", () => {
      this.#body?.cut();
      this.#closeListeners.close(stream.rstCode !== constants.NGHTTP2_NO_ERROR || !stream.writableFinished);
    });
  }

  get method(): string {
    return this.#headers[":method"] ?? "";
  }

  get target(): string {
    return this.#headers[":path"] ?? "";
  }

  get remoteAddress(): string {
    if (this.#cameFrom !== undefined) return this.#cameFrom;
    const { session } = this.#stream;
    return session === undefined ? "" : addressOf(session as ServerHttp2Session);
  }

  get closed(): boolean {
    const stream = this.#stream;
    // Node ends a HEAD before it is answered.
    return stream.closed || stream.destroyed || (stream.writableEnded && stream.headersSent);
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    return typeof value === "string" ? value : value?.join(", ");
  }

  get rawHeaders(): IncomingHttpHeaders {
    return this.#headers;
  }

  forgetHeaders(): void {
    this.#headers = forgotten;
  }

  get rawBody(): Readable {
    return this.#stream;
  }

  headers(): Headers {
    const headers = new Headers();
    for (const [name, value] of Object.entries(this.#headers)) {
      if (name.startsWith(":") || value === undefined) continue;
      for (const each of Array.isArray(value) ? value : [value]) headers.append(name, each);
    }
    return headers;
  }

  readBody(maxBytes: number, done: (error: BodyError | undefined, bytes: Uint8Array) => void): void {
    if (Number(this.#headers["content-length"] ?? 0) > maxBytes) return done("too-large", noBytes);
    this.#body = new RequestBody(maxBytes, done);
    this.#body.read(this.#stream);
  }

  body(): AsyncIterable<Uint8Array> {
    return this.#stream.iterator({ destroyOnReturn: false });
  }

  respond(status: number, headers: WireHeaders, body: Uint8Array | undefined, trailers?: WireHeaders): void {
    if (this.closed) return;
    if (body === undefined && trailers === undefined) {
      this.#respond(status, headers, { endStream: true });
      this.#refuseRest();
      return;
    }
    this.#respond(status, headers, trailers === undefined ? undefined : withTrailers);
    if (this.closed) return;
    this.#end(body, trailers);
    if (body !== undefined && body.length > limits.port.unwatchedAnswerBytes) cutStalled(this);
  }

  begin(status: number, headers: WireHeaders, hasTrailers: boolean): void {
    if (!this.closed) this.#respond(status, headers, hasTrailers ? withTrailers : undefined);
  }

  write(bytes: Uint8Array): boolean {
    // Not `closed`, which asks the stream three times: a write to one that is over does nothing.
    return this.#stream.write(bytes);
  }

  end(trailers?: WireHeaders): void {
    if (!this.closed) this.#end(undefined, trailers);
  }

  reset(): void {
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  onDrain(listener: () => void): void {
    this.#stream.on("drain", listener);
  }

  onClose(listener: (early: boolean) => void): void {
    this.#closeListeners.add(listener);
  }

  #respond(
    status: number,
    headers: WireHeaders,
    options: { endStream?: boolean; waitForTrailers?: boolean } | undefined,
  ) {
    this.#stream.respond(withStatus(status, headers), options);
  }

  #end(body: Uint8Array | undefined, trailers: WireHeaders | undefined): void {
    const stream = this.#stream;
    if (trailers !== undefined) {
      stream.on("wantTrailers", () => {
        stream.sendTrailers(trailers as OutgoingHttpHeaders);
        this.#refuseRest();
      });
    }
    if (body !== undefined && body.length > 0) stream.end(body);
    else stream.end();
    if (trailers === undefined) this.#refuseRest();
  }

  /**
   * A client that still sends is told to stop, as RFC 9113 §8.1 has it: the answer is whole without the rest. Not at once:
   * some clients take the order for a failure of the call while their request is on its way, and most of those are short.
   */
  #refuseRest(): void {
    const stream = this.#stream;
    if (stream.readableEnded) return;
    stream.resume();
    const stop = setTimeout(() => {
      if (!stream.readableEnded && !stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
    }, limits.port.lingerMs).unref();
    this.onClose(() => clearTimeout(stop));
  }
}

const forgotten: IncomingHttpHeaders = {};
const withTrailers = { waitForTrailers: true };

let lastHeaders: WireHeaders | undefined;
let lastStatus = 0;
let lastMade: OutgoingHttpHeaders = {};

/** Headers as node:http2 takes them. Almost all answers of a server have the same. */
function withStatus(status: number, headers: WireHeaders): OutgoingHttpHeaders {
  if (headers !== lastHeaders || status !== lastStatus) {
    lastHeaders = headers;
    lastStatus = status;
    lastMade = { ":status": status, ...headers } as OutgoingHttpHeaders;
  }
  return lastMade;
}

const addresses = new WeakMap<ServerHttp2Session, string>();

/** A session's socket is behind a proxy, too slow to be asked at every call. */
function addressOf(session: ServerHttp2Session): string {
  let address = addresses.get(session);
  if (address === undefined) {
    address = session.socket?.remoteAddress ?? "";
    addresses.set(session, address);
  }
  return address;
}
