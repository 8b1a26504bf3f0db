import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { limits } from "../../platform/limits.ts";

/**
 * How long the other side of a connection has said nothing although it was asked, by HTTP/2's own PING: a process that runs
 * answers it, whatever else it is busy with. Looks are counted, not the time between them: while this process stands still
 * itself it looks at nothing.
 */
export class Silence {
  readonly #session: ClientHttp2Session;
  readonly #socket: Socket;
  #bytes = 0;
  #looks = 0;

  constructor(session: ClientHttp2Session, socket: Socket) {
    this.#session = session;
    this.#socket = socket;
  }

  /** To be called every `limits.upstream.lookMs`. Answers milliseconds. */
  look(): number {
    const { bytesRead } = this.#socket;
    if (bytesRead !== this.#bytes || this.#session.connecting || this.#session.destroyed) {
      this.#bytes = bytesRead;
      this.#looks = 0;
      return 0;
    }
    if (this.#looks === 0) this.#session.ping(answered);
    this.#looks += 1;
    return (this.#looks - 1) * limits.upstream.lookMs;
  }
}

/** Its bytes were counted. */
function answered(): void {}
