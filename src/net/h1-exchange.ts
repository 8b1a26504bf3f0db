import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { limits } from "../platform/limits.ts";
import { type BodyError, collectBody, type Exchange, type WireHeaders } from "./exchange.ts";

/** How long the rest of a refused body is still taken, so that the client reads the answer instead of a reset. */
const lingerMs = 500;

export class H1Exchange implements Exchange {
  readonly httpVersion = "1.1";
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  #bodyRead = false;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
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
    return this.#response.closed || this.#response.writableEnded || this.#response.destroyed;
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return typeof value === "string" ? value : value?.join(", ");
  }

  headers(): Headers {
    const headers = new Headers();
    const raw = this.#request.rawHeaders;
    for (let i = 0; i < raw.length; i += 2) headers.append(raw[i] as string, raw[i + 1] as string);
    return headers;
  }

  readBody(maxBytes: number, done: (error: BodyError | undefined, bytes: Uint8Array) => void): void {
    const announced = Number(this.#request.headers["content-length"] ?? 0);
    if (announced > maxBytes) {
      done("too-large", new Uint8Array(0));
      return;
    }
    collectBody(this.#request, maxBytes, limits.port.stalledBodyMs, (error, bytes) => {
      this.#bodyRead = error === undefined;
      done(error, bytes);
    });
  }

  async *body(): AsyncIterable<Uint8Array> {
    for await (const chunk of this.#request) yield chunk as Uint8Array;
    this.#bodyRead = true;
  }

  respond(status: number, headers: WireHeaders, body: Uint8Array | undefined): void {
    if (this.closed) return;
    this.#writeHead(status, { ...headers, "content-length": String(body?.length ?? 0) });
    if (body === undefined || body.length === 0 || this.method === "HEAD") this.#response.end();
    else this.#response.end(body);
  }

  begin(status: number, headers: WireHeaders): void {
    if (this.closed) return;
    this.#writeHead(status, headers);
    this.#response.flushHeaders();
  }

  write(bytes: Uint8Array): boolean {
    return this.closed ? true : this.#response.write(bytes);
  }

  end(): void {
    if (!this.closed) this.#response.end();
  }

  reset(): void {
    this.#request.socket.destroy();
  }

  onDrain(listener: () => void): void {
    this.#response.on("drain", listener);
  }

  onClose(listener: (early: boolean) => void): void {
    this.#response.once("close", () => listener(!this.#response.writableFinished));
  }

  #writeHead(status: number, headers: WireHeaders): void {
    const unread = !this.#bodyRead && !this.#request.complete && this.#mayHaveBody();
    if (unread) {
      // What is left of the body would be taken for the next request: this connection ends with the answer.
      const { socket } = this.#request;
      this.#response.once("finish", () => {
        this.#request.resume();
        setTimeout(() => socket.destroy(), lingerMs).unref();
      });
    }
    this.#response.writeHead(status, (unread ? { ...headers, connection: "close" } : headers) as OutgoingHttpHeaders);
  }

  #mayHaveBody(): boolean {
    const { headers } = this.#request;
    return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  }
}
