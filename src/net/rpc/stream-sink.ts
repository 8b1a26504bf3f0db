import type { ConnectError } from "@connectrpc/connect";
import { limits } from "../../platform/limits.ts";
import type { BegunAnswer, PassingCall } from "../../rpc/passing-call.ts";
import type { PushSink } from "../../rpc/push-stream.ts";
import type { Exchange, WireHeaders } from "../exchange.ts";
import type { CallContext } from "./call-context.ts";
import type { Wire } from "./wire.ts";

/**
 * Writes a response stream, ends the call that it answers, and cuts off a reader that takes nothing for too long. There is
 * one for everybody who follows something, most of them silent: it holds little.
 */
export class StreamSink implements PushSink, BegunAnswer {
  readonly #exchange: Exchange;
  readonly #wire: Wire;
  readonly #cors: WireHeaders | undefined;
  readonly #context: CallContext;
  readonly #call: PassingCall;
  #isBegun = false;
  #isOver = false;
  #stalled: NodeJS.Timeout | undefined;
  #onDrain: () => void = () => undefined;

  constructor(exchange: Exchange, wire: Wire, cors: WireHeaders | undefined, context: CallContext, call: PassingCall) {
    this.#exchange = exchange;
    this.#wire = wire;
    this.#cors = cors;
    this.#context = context;
    this.#call = call;
    call.answeredBy(this);
    exchange.onDrain(() => this.#drained());
    exchange.onClose(() => {
      this.#isOver = true;
      clearTimeout(this.#stalled);
    });
  }

  get format(): "json" | "proto" {
    return this.#wire.json ? "json" : "proto";
  }

  write(frames: Uint8Array): boolean {
    if (this.#isOver) return true;
    this.#begin();
    const ready = this.#exchange.write(frames);
    if (!ready) this.#watch();
    return ready;
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  onClose(listener: () => void): void {
    this.#exchange.onClose(listener);
  }

  end(error?: unknown): void {
    if (!this.#isOver) this.#finish(this.#call.end(error));
  }

  breakOff(status: ConnectError): void {
    if (!this.#isOver) this.#finish(status);
  }

  #begin(): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    this.#wire.beginStream(this.#exchange, this.#cors, this.#context);
  }

  #finish(status: ConnectError | undefined): void {
    this.#isOver = true;
    if (!this.#isBegun && status !== undefined) {
      this.#wire.refuse(this.#exchange, status, this.#cors, this.#context);
    } else {
      this.#begin();
      this.#wire.endStream(this.#exchange, status, this.#context);
    }
    // A reader that does not even take the end would hold its connection for ever.
    if (!this.#exchange.closed || this.#stalled === undefined) this.#watch();
  }

  #drained(): void {
    // Once the stream has ended, nothing but its close shows that the reader took it all.
    if (this.#isOver) return;
    clearTimeout(this.#stalled);
    this.#stalled = undefined;
    this.#onDrain();
  }

  #watch(): void {
    this.#stalled ??= setTimeout(() => this.#exchange.reset(), limits.port.stalledReaderMs).unref();
  }
}
