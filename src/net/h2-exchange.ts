import { constants, type IncomingHttpHeaders, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { limits } from "../platform/limits.ts";
import { type BodyError, collectBody, type Exchange, type WireHeaders } from "./exchange.ts";

export class H2Exchange implements Exchange {
  readonly httpVersion = "2.0";
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders) {
    this.#stream = stream;
    this.#headers = headers;
  }

  get method(): string {
    return this.#headers[":method"] ?? "";
  }

  get target(): string {
    return this.#headers[":path"] ?? "";
  }

  get remoteAddress(): string {
    return this.#stream.session?.socket?.remoteAddress ?? "";
  }

  get closed(): boolean {
    return this.#stream.closed || this.#stream.destroyed || this.#stream.writableEnded;
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    return typeof value === "string" ? value : value?.join(", ");
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
    collectBody(this.#stream, maxBytes, limits.port.stalledBodyMs, done);
  }

  async *body(): AsyncIterable<Uint8Array> {
    for await (const chunk of this.#stream) yield chunk as Uint8Array;
  }

  respond(status: number, headers: WireHeaders, body: Uint8Array | undefined, trailers?: WireHeaders): void {
    if (this.closed) return;
    if (body === undefined && trailers === undefined) {
      this.#respond(status, headers, { endStream: true });
      this.#refuseRest();
      return;
    }
    this.#respond(status, headers, { waitForTrailers: trailers !== undefined });
    this.#sendTrailersAtEnd(trailers);
    if (body !== undefined && body.length > 0) this.#stream.end(body);
    else this.#stream.end();
    this.#refuseRest();
  }

  begin(status: number, headers: WireHeaders, withTrailers: boolean): void {
    if (!this.closed) this.#respond(status, headers, { waitForTrailers: withTrailers });
  }

  write(bytes: Uint8Array): boolean {
    return this.closed ? true : this.#stream.write(bytes);
  }

  end(trailers?: WireHeaders): void {
    if (this.closed) return;
    this.#sendTrailersAtEnd(trailers);
    this.#stream.end();
    this.#refuseRest();
  }

  reset(): void {
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  onDrain(listener: () => void): void {
    this.#stream.on("drain", listener);
  }

  onClose(listener: (early: boolean) => void): void {
    this.#stream.once("close", () =>
      listener(this.#stream.rstCode !== constants.NGHTTP2_NO_ERROR || !this.#stream.writableFinished),
    );
  }

  #respond(status: number, headers: WireHeaders, options: { endStream?: boolean; waitForTrailers?: boolean }): void {
    this.#stream.respond({ ":status": status, ...headers } as OutgoingHttpHeaders, options);
  }

  #sendTrailersAtEnd(trailers: WireHeaders | undefined): void {
    if (trailers === undefined) return;
    this.#stream.once("wantTrailers", () => this.#stream.sendTrailers(trailers as OutgoingHttpHeaders));
  }

  /** A client that still sends is told to stop, as RFC 9113 §8.1 has it: the answer is whole without the rest. */
  #refuseRest(): void {
    if (this.#stream.readableEnded || this.#stream.readableLength > 0) return;
    this.#stream.once("finish", () => {
      if (!this.#stream.readableEnded && !this.#stream.closed) this.#stream.close(constants.NGHTTP2_NO_ERROR);
    });
  }
}
