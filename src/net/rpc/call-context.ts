import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { Code, ConnectError, type ContextKey, type ContextValues, type HandlerContext } from "@connectrpc/connect";
import type { TrustedProxies } from "../../platform/access/trusted-proxies.ts";
import { limits } from "../../platform/limits.ts";
import { readTraceContext } from "../../platform/telemetry/trace-context.ts";
import { clientAddressKey, peerAddressKey } from "../../rpc/peer-address.ts";
import { type RpcSystem, rpcSystemKey } from "../../rpc/protocol.ts";
import { requestIdFrom, requestIdKey } from "../../rpc/request-id.ts";
import { type Timeout, timeoutKey } from "../../rpc/timeout.ts";
import { callerTraceKey } from "../../rpc/trace.ts";
import type { Exchange } from "../exchange.ts";
import type { ParsedTimeout, ResponseMetadata, Wire } from "./wire.ts";

/** Why a call's signal is aborted when nothing went wrong, or nobody is there to be told. Made once: errors are dear. */
export const callOver = new DOMException("the call is over", "AbortError");
export const clientLeft = new ConnectError("the client left", Code.Canceled);

/** As Connect's own, but for methods that every call would make anew. */
class CallValues implements ContextValues {
  [id: symbol]: unknown;

  get<Value>(key: ContextKey<Value>): Value {
    return key.id in this ? (this[key.id] as Value) : key.defaultValue;
  }
  set<Value>(key: ContextKey<Value>, value: Value): this {
    this[key.id] = value;
    return this;
  }
  delete(key: ContextKey<unknown>): this {
    delete this[key.id];
    return this;
  }
}

/** What every call knows of itself before its gate, whichever path it takes. */
export function contextValuesOf(
  exchange: Exchange,
  { system, timeout, proxies }: { system: RpcSystem; timeout: Timeout; proxies: TrustedProxies },
): ContextValues {
  const values = new CallValues()
    .set(rpcSystemKey, system)
    .set(requestIdKey, requestIdFrom(exchange.header("x-request-id")))
    .set(peerAddressKey, exchange.remoteAddress)
    .set(clientAddressKey, proxies.clientAddress(exchange.remoteAddress, exchange.header("x-forwarded-for")))
    .set(timeoutKey, timeout);
  const parent = exchange.header("traceparent");
  if (parent !== undefined) values.set(callerTraceKey, readTraceContext(parent, exchange.header("tracestate")));
  return values;
}

const none: ParsedTimeout = {};

/**
 * A call on the direct path. What few handlers ask for (headers, the signal) is made when they do: an AbortController
 * and three Headers cost more than most calls.
 */
export class CallContext implements HandlerContext, Timeout, ResponseMetadata {
  readonly method: DescMethod;
  readonly protocolName: string;
  readonly values: ContextValues;
  /** The time that the caller gives the call. */
  readonly ms: number | undefined;
  /** What is wrong with the time that the caller named. */
  readonly timeoutError: ConnectError | undefined;
  readonly #exchange: Exchange;
  readonly #startedAt: number;
  #abortReason: unknown;
  #aborted = false;
  #controller: AbortController | undefined;
  #requestHeader: Headers | undefined;
  #responseHeader: Headers | undefined;
  #responseTrailer: Headers | undefined;

  constructor(exchange: Exchange, method: DescMethod, wire: Wire, proxies: TrustedProxies) {
    this.#exchange = exchange;
    this.method = method;
    this.protocolName = wire.protocol;
    const given = exchange.header(wire.timeoutHeader);
    const timeout = given === undefined ? none : wire.parseTimeout(given, Number.POSITIVE_INFINITY);
    this.timeoutError = timeout.error;
    this.ms = timeout.timeoutMs === undefined ? undefined : Math.min(timeout.timeoutMs, limits.rpc.maxTimeoutMs);
    this.#startedAt = this.ms === undefined ? 0 : performance.now();
    const system = wire.protocol === "connect" ? "connectrpc" : "grpc";
    this.values = contextValuesOf(exchange, { system, timeout: this, proxies });
  }

  get service(): DescService {
    return this.method.parent;
  }

  get requestMethod(): string {
    return this.#exchange.method;
  }

  get url(): string {
    return `http://${this.#exchange.header(":authority") ?? this.#exchange.header("host") ?? "localhost"}${this.#exchange.target}`;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  get requestHeader(): Headers {
    this.#requestHeader ??= this.#exchange.headers();
    return this.#requestHeader;
  }

  get responseHeader(): Headers {
    this.#responseHeader ??= new Headers();
    return this.#responseHeader;
  }

  get responseTrailer(): Headers {
    this.#responseTrailer ??= new Headers();
    return this.#responseTrailer;
  }

  get setHeader(): Headers | undefined {
    return this.#responseHeader;
  }

  get setTrailer(): Headers | undefined {
    return this.#responseTrailer;
  }

  timeoutMs(): number | undefined {
    return this.ms === undefined ? undefined : this.ms - (performance.now() - this.#startedAt);
  }

  /** Ends the work. The first reason counts. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }
}
