import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { limits } from "../platform/limits.ts";
import { chunkOf } from "./chunk.ts";
import { type BodyError, CloseListeners, type Exchange, noBytes, type WireHeaders } from "./exchange.ts";
import { RequestBody } from "./request-body.ts";
import { cutStalled } from "./stalled.ts";

export class H1Exchange implements Exchange {
  readonly httpVersion = "1.1";
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #closeListeners = new CloseListeners();
  #body: RequestBody | undefined;
  /** Set while the body goes straight to the socket. */
  #socket: Socket | undefined;
  readonly #drainListeners: (() => void)[] = [];
  readonly #tellDrained = (): void => {
    for (const listener of this.#drainListeners) listener();
  };

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
    response.on("close", () => {
      this.#body?.cut();
      this.#closeListeners.close(!response.writableFinished);
    });
  }

  get method(): string {
    return this.#request.method ?? "";
  }

  get target(): string {
    return this.#request.url ?? "";
  }

  get remoteAddress(): string {
    return this.#request.socket.remoteAddress ?? "";
  }

  get closed(): boolean {
    return this.#response.writableEnded || this.#response.destroyed || this.#response.closed;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return typeof value === "string" ? value : value?.join(", ");
  }

  get rawHeaders(): IncomingHttpHeaders {
    return this.#request.headers;
  }

  forgetHeaders(): void {
    // Node's own response keeps the request, and that the headers.
  }

  get rawBody(): Readable {
    return this.#request;
  }

  headers(): Headers {
    const headers = new Headers();
    const raw = this.#request.rawHeaders;
    for (let i = 0; i < raw.length; i += 2) headers.append(raw[i] as string, raw[i + 1] as string);
    return headers;
  }

  readBody(maxBytes: number, done: (error: BodyError | undefined, bytes: Uint8Array) => void): void {
    if (this.#announcedBytes() > maxBytes) return done("too-large", noBytes);
    this.#body = new RequestBody(maxBytes, done);
    this.#body.read(this.#request);
  }

  body(): AsyncIterable<Uint8Array> {
    return this.#request.iterator({ destroyOnReturn: false });
  }

  respond(status: number, headers: WireHeaders, body: Uint8Array | undefined, trailers?: WireHeaders): void {
    if (this.closed) return;
    const response = this.#response;
    // Trailers travel behind the last chunk, so there is no length; and what can have no body has none either.
    if (trailers !== undefined || status === 204) this.#writeHead(status, headers);
    else this.#writeHead(status, { ...headers, "content-length": String(body?.length ?? 0) });
    if (trailers !== undefined) response.addTrailers(trailers as OutgoingHttpHeaders);
    if (body === undefined || body.length === 0) response.end();
    else response.end(body);
    if (body !== undefined && body.length > limits.port.unwatchedAnswerBytes) cutStalled(this);
  }

  begin(status: number, headers: WireHeaders): void {
    if (this.closed) return;
    this.#writeHead(status, headers);
    this.#response.flushHeaders();
    // The headers are on their way, and nothing stands before them: what follows can go to the socket itself.
    const { socket } = this.#response;
    if (socket !== null && this.#response.chunkedEncoding && this.#response.writableLength === 0) {
      this.#socket = socket;
      socket.on("drain", this.#tellDrained);
      this.onClose(() => socket.removeListener("drain", this.#tellDrained));
    }
  }

  write(bytes: Uint8Array): boolean {
    if (this.closed || bytes.length === 0) return true;
    // Node writes a chunk in three parts. To a thousand readers, one write each is a good deal less.
    return this.#socket === undefined ? this.#response.write(bytes) : this.#socket.write(chunkOf(bytes));
  }

  end(trailers?: WireHeaders): void {
    if (this.closed) return;
    if (trailers !== undefined) this.#response.addTrailers(trailers as OutgoingHttpHeaders);
    this.#response.end();
  }

  reset(): void {
    this.#request.socket.destroy();
  }

  onDrain(listener: () => void): void {
    this.#drainListeners.push(listener);
    if (this.#drainListeners.length === 1) this.#response.on("drain", this.#tellDrained);
  }

  onClose(listener: (early: boolean) => void): void {
    this.#closeListeners.add(listener);
  }

  #writeHead(status: number, headers: WireHeaders): void {
    if (this.#request.complete || !this.#mustEndConnection()) {
      this.#response.writeHead(status, headers as OutgoingHttpHeaders);
      return;
    }
    this.#response.writeHead(status, { ...headers, connection: "close" } as OutgoingHttpHeaders);
    this.#response.once("finish", () => this.#request.resume());
    const { socket } = this.#request;
    // Closing with bytes unread would reset the connection, and the client might lose the answer: the rest is taken
    // for a while first. This is what Node calls once the response is out.
    socket.destroySoon = () => {
      socket.end();
      setTimeout(() => socket.destroy(), limits.port.lingerMs).unref();
    };
  }

  /** A short rest of a body is swallowed; a long one, or one of unknown length, costs the client its connection. */
  #mustEndConnection(): boolean {
    if (this.#request.headers["transfer-encoding"] !== undefined) return true;
    return this.#announcedBytes() > limits.port.swallowedBytes;
  }

  #announcedBytes(): number {
    return Number(this.#request.headers["content-length"] ?? 0);
  }
}
