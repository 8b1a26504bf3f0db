import {
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from "node:http2";
import type { DescMethod } from "@bufbuild/protobuf";
import { limits } from "../../platform/limits.ts";
import type { Exchange, WireHeaders } from "../exchange.ts";
import type { Wire } from "../rpc/wire.ts";
import { cancel, type Instance } from "../upstream/instance.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { FrameTracker } from "./frame-tracker.ts";
import { answerHeaders } from "./headers.ts";
import { endCall, refuseCall, refuseRequest } from "./refusal.ts";
import { isRepeatable, wasNeverHandled } from "./repeatable.ts";

const { NGHTTP2_FLAG_END_STREAM, NGHTTP2_NO_ERROR } = constants;

/** What is known of a call that is passed on; a plain request has neither method nor wire. */
export interface Passed {
  readonly method: DescMethod | undefined;
  readonly wire: Wire | undefined;
  /** How messages are compressed, as the request says; undefined for not at all. */
  readonly compression: string | undefined;
  /** Whether the request is a call of one message. */
  readonly isOneMessage: boolean;
  /** For a plain request: whether its answer goes on for ever. */
  readonly isEndless: boolean;
}

/** How it ended: `answered` by the part, be it with an error; `left` by the caller; `down` when nobody could answer. */
export type PassageEnd = "answered" | "left" | "down" | "broken";

/**
 * One request on its way to a part elsewhere, and the answer on its way back, byte by byte, each at the pace of who
 * reads it. What has not been handled, or may be handled twice, is sent again when its instance is lost.
 */
export class Passage {
  readonly #exchange: Exchange;
  readonly #upstream: Upstream;
  readonly #passed: Passed;
  readonly #headers: OutgoingHttpHeaders;
  readonly #onEnd: (end: PassageEnd, tries: number) => void;
  #stream: ClientHttp2Stream | undefined;
  #tries = 0;
  #over = false;
  #isLeaving = false;
  /** The request so far, as long as it is small enough to be sent again. */
  #kept: Uint8Array[] | undefined = [];
  #keptBytes = 0;
  /** The first piece of a request that may be the only one, as long as that is not known. */
  #last: Uint8Array | undefined;
  #requestEnded: boolean;
  /** The answer so far, as long as it can go out in one piece. */
  #held: { readonly status: number; readonly headers: WireHeaders; body: Uint8Array[]; bytes: number } | undefined;
  #isBegun = false;
  #trailers: WireHeaders | undefined;
  #tracker: FrameTracker | undefined;

  constructor(
    exchange: Exchange,
    upstream: Upstream,
    passed: Passed,
    headers: OutgoingHttpHeaders,
    onEnd: (end: PassageEnd, tries: number) => void,
  ) {
    this.#exchange = exchange;
    this.#upstream = upstream;
    this.#passed = passed;
    this.#headers = headers;
    this.#onEnd = onEnd;
    this.#requestEnded = exchange.method === "GET" || exchange.method === "HEAD";
  }

  start(): void {
    const { rawBody } = this.#exchange;
    if (!this.#requestEnded) {
      rawBody.on("data", (bytes: Uint8Array) => this.#passBody(bytes));
      rawBody.on("end", () => {
        this.#requestEnded = true;
        const last = this.#last;
        this.#last = undefined;
        if (last === undefined) this.#stream?.end();
        else this.#stream?.end(last);
      });
    }
    this.#exchange.onClose(() => {
      if (this.#over) return;
      this.#finish("left");
      if (this.#stream !== undefined) cancel(this.#stream);
    });
    this.#try(undefined);
  }

  /** The process stops: what has an end of its own is waited for, streams are ended so that their callers come again. */
  leave(): void {
    const { method } = this.#passed;
    this.#isLeaving = true;
    if (this.#isBegun && (method === undefined ? this.#passed.isEndless : this.#tracker?.isBetweenFrames === true))
      this.#part();
  }

  #part(): void {
    if (this.#over) return;
    const { method, wire } = this.#passed;
    this.#finish("answered");
    if (method === undefined) this.#exchange.end();
    else if (wire === undefined) this.#exchange.reset();
    else endCall(this.#exchange, wire, "the gateway", true);
    if (this.#stream !== undefined) cancel(this.#stream);
  }

  #finish(end: PassageEnd): void {
    this.#over = true;
    this.#onEnd(end, this.#tries);
  }

  #passBody(bytes: Uint8Array): void {
    if (this.#kept !== undefined) {
      this.#keptBytes += bytes.length;
      if (this.#keptBytes <= limits.upstream.keptBytes) this.#kept.push(bytes);
      else if (this.#stream !== undefined) this.#kept = undefined;
      // Nothing to write to yet: what came is all that waits.
      else this.#kept.push(bytes);
    }
    if (this.#stream === undefined) {
      if (this.#keptBytes > limits.upstream.keptBytes) this.#exchange.rawBody.pause();
    } else if (this.#passed.isOneMessage && this.#last === undefined && this.#keptBytes === bytes.length) {
      // Most requests are in one piece, whose end is known a moment later: both go out as one.
      this.#last = bytes;
      setImmediate(() => this.#passLast());
    } else {
      this.#passLast();
      this.#write(bytes);
    }
  }

  #passLast(): void {
    const last = this.#last;
    this.#last = undefined;
    if (last !== undefined) this.#write(last);
  }

  #write(bytes: Uint8Array): void {
    const stream = this.#stream;
    if (this.#over || stream === undefined || stream.write(bytes)) return;
    const { rawBody } = this.#exchange;
    if (rawBody.isPaused()) return;
    rawBody.pause();
    stream.once("drain", () => rawBody.resume());
  }

  #try(avoid: Instance | undefined): void {
    const picked = this.#upstream.pick(avoid);
    if (picked instanceof Promise) void picked.then((instance) => this.#send(instance));
    else this.#send(picked);
  }

  #send(instance: Instance | undefined): void {
    if (this.#over) return;
    const isWhole = this.#requestEnded && this.#keptBytes === 0;
    if (instance !== undefined) this.#headers[":scheme"] = instance.place.scheme;
    const stream = instance?.open(this.#headers, isWhole, () => this.#stalled(stream, instance));
    if (instance === undefined || stream === undefined) return this.#refuse(instance);
    this.#tries += 1;
    this.#stream = stream;
    // What is kept holds all of it.
    this.#last = undefined;
    for (const bytes of this.#kept ?? []) stream.write(bytes);
    if (this.#keptBytes > limits.upstream.keptBytes) this.#kept = undefined;
    if (this.#requestEnded && !isWhole) stream.end();
    else this.#exchange.rawBody.resume();

    let failed: unknown;
    stream.on("response", (headers, flags) => this.#begin(headers, (flags & NGHTTP2_FLAG_END_STREAM) !== 0));
    stream.on("data", (bytes: Uint8Array) => this.#passAnswer(stream, bytes));
    stream.on("trailers", (trailers) => {
      this.#trailers = answerHeaders(trailers);
    });
    stream.on("end", () => {
      // A connection that is lost ends its streams as well.
      if (stream.rstCode === NGHTTP2_NO_ERROR) this.#end();
    });
    stream.on("error", (error) => {
      failed = error;
    });
    stream.once("close", () => {
      if (!this.#over && this.#stream === stream) this.#lost(stream, instance, failed);
    });
  }

  #begin(given: IncomingHttpHeaders & IncomingHttpStatusHeader, isWhole: boolean): void {
    if (this.#over) return;
    const { methodKind } = this.#passed.method ?? {};
    const status = given[":status"] ?? 502;
    const headers = answerHeaders(given);
    if (isWhole && methodKind !== undefined) {
      this.#finish("answered");
      this.#exchange.respond(status, headers, undefined);
    } else if (methodKind === "unary" || methodKind === "client_streaming") {
      this.#held = { status, headers, body: [], bytes: 0 };
    } else {
      if (methodKind !== undefined) this.#tracker = new FrameTracker();
      this.#beginAnswer(status, headers);
    }
  }

  #beginAnswer(status: number, headers: WireHeaders): void {
    this.#isBegun = true;
    this.#exchange.onDrain(() => this.#stream?.resume());
    this.#exchange.begin(status, headers, this.#passed.wire?.protocol === "grpc");
  }

  #passAnswer(stream: ClientHttp2Stream, bytes: Uint8Array): void {
    if (this.#over) return;
    this.#tracker?.take(bytes);
    if (this.#held !== undefined) {
      this.#held.body.push(bytes);
      this.#held.bytes += bytes.length;
      if (this.#held.bytes <= limits.upstream.keptBytes) return;
      const { status, headers, body } = this.#held;
      this.#held = undefined;
      this.#beginAnswer(status, headers);
      bytes = Buffer.concat(body);
    }
    if (!this.#exchange.write(bytes)) stream.pause();
    if (this.#isLeaving) this.leave();
  }

  #end(): void {
    if (this.#over) return;
    const held = this.#held;
    if (held === undefined && !this.#isBegun) return;
    this.#finish("answered");
    if (held === undefined) {
      const isGrpc = this.#passed.wire?.protocol === "grpc";
      return this.#exchange.end(this.#trailers ?? (isGrpc ? {} : undefined));
    }
    const [first, ...more] = held.body;
    this.#exchange.respond(
      held.status,
      held.headers,
      more.length === 0 ? first : Buffer.concat(held.body),
      this.#trailers,
    );
  }

  #lost(stream: ClientHttp2Stream, instance: Instance, error: unknown): void {
    const { wire } = this.#passed;
    if (!this.#isBegun) {
      this.#stream = undefined;
      this.#held = undefined;
      this.#trailers = undefined;
      if (this.#mayRepeat(error, stream.rstCode)) return this.#try(instance);
      // The part cut it off on purpose, and its connection lives: that is its answer.
      if (stream.session?.destroyed === false && !wasNeverHandled(error, stream.rstCode)) return this.#break();
      return this.#refuse(instance);
    }
    const canEnd = wire !== undefined && (wire.protocol === "grpc" || this.#tracker?.isBetweenFrames === true);
    if (!canEnd || stream.session?.destroyed === false) return this.#break();
    this.#finish("down");
    endCall(this.#exchange, wire, this.#upstream.name, this.#upstream.hasOther(instance));
  }

  /** The instance says nothing any more. What it has begun to answer may go on; nothing else is waited for. */
  #stalled(stream: ClientHttp2Stream | undefined, instance: Instance): void {
    if (this.#over || stream === undefined || stream !== this.#stream) return;
    if (this.#isBegun || !this.#requestEnded) return;
    this.#stream = undefined;
    this.#held = undefined;
    this.#trailers = undefined;
    cancel(stream);
    if (this.#mayRepeat(undefined, NGHTTP2_NO_ERROR)) this.#try(instance);
    else this.#refuse(instance);
  }

  #mayRepeat(error: unknown, rstCode: number): boolean {
    if (this.#kept === undefined || this.#tries >= limits.upstream.tries) return false;
    if (wasNeverHandled(error, rstCode)) return true;
    const { method, wire, compression } = this.#passed;
    if (method === undefined || !this.#requestEnded) return false;
    return isRepeatable(method, wire, Buffer.concat(this.#kept), compression !== undefined);
  }

  #break(): void {
    this.#finish("broken");
    this.#exchange.reset();
  }

  /** `lost` is where it was tried, if anywhere. */
  #refuse(lost: Instance | undefined): void {
    this.#finish("down");
    const { name } = this.#upstream;
    if (this.#passed.method === undefined) return refuseRequest(this.#exchange, name);
    refuseCall(this.#exchange, this.#passed.wire, name, lost !== undefined && this.#upstream.hasOther(lost));
  }
}
