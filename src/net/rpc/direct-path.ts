import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { TrustedProxies } from "../../platform/access/trusted-proxies.ts";
import type { Log } from "../../platform/log.ts";
import type { CallReports } from "../../rpc/call-reports.ts";
import type { Chain } from "../../rpc/chain.ts";
import { toStatus } from "../../rpc/errors.ts";
import type { Gate } from "../../rpc/gate.ts";
import type { PassingCall } from "../../rpc/passing-call.ts";
import { framed, framePrefix, isPushStream, type PushSink, push } from "../../rpc/push-stream.ts";
import { requestIdKey } from "../../rpc/request-id.ts";
import type { Exchange, WireHeaders } from "../exchange.ts";
import { bodyFailed, tooLarge } from "./body-errors.ts";
import { CallContext, callOver, clientLeft } from "./call-context.ts";
import type { Codec, DirectMethod } from "./method-table.ts";
import { StreamSink } from "./stream-sink.ts";
import type { Wire } from "./wire.ts";

/**
 * The short way from a request to its handler, for calls as almost all of them are: one request message, uncompressed.
 * Gate, chain and handlers are the same as on the router's path; what differs is that bytes are taken and given whole, and
 * that nothing is made before it is needed.
 */
export interface DirectPath {
  serve(exchange: Exchange, method: DirectMethod, wire: Wire, cors: WireHeaders | undefined): void;
}

export interface DirectPathNeeds {
  readonly gate: Gate;
  readonly chain: Chain;
  readonly log: Log;
  readonly reports: CallReports;
  readonly shutdown: AbortSignal;
  readonly messageBytes: number;
  readonly proxies: TrustedProxies;
}

export function createDirectPath(needs: DirectPathNeeds): DirectPath {
  const { shutdown } = needs;
  const openStreams = new Set<DirectCall>();
  shutdown.addEventListener("abort", () => {
    for (const call of [...openStreams]) call.context.abort(shutdown.reason);
  });
  return {
    serve(exchange, method, wire, cors) {
      new DirectCall(needs, openStreams, exchange, method, wire, cors).begin();
    },
  };
}

class DirectCall {
  readonly context: CallContext;
  readonly #path: DirectPathNeeds;
  readonly #openStreams: Set<DirectCall>;
  readonly #exchange: Exchange;
  readonly #method: DirectMethod;
  readonly #wire: Wire;
  readonly #cors: WireHeaders | undefined;

  constructor(
    path: DirectPathNeeds,
    openStreams: Set<DirectCall>,
    exchange: Exchange,
    method: DirectMethod,
    wire: Wire,
    cors: WireHeaders | undefined,
  ) {
    this.#path = path;
    this.#openStreams = openStreams;
    this.#exchange = exchange;
    this.#method = method;
    this.#wire = wire;
    this.#cors = cors;
    this.context = new CallContext(exchange, method.method, wire, path.proxies);
  }

  begin(): void {
    const { context } = this;
    try {
      const admitted = this.#path.gate({
        method: this.#method.method,
        values: context.values,
        authorization: this.#exchange.header("authorization"),
      });
      if (admitted === undefined) this.#read();
      else admitted.then(() => this.#read()).catch((error: unknown) => this.#refuse(error));
    } catch (error) {
      this.#refuse(error);
    }
  }

  #read(): void {
    const { messageBytes } = this.#path;
    const { framed } = this.#wire;
    if (this.context.timeoutError !== undefined) return this.#turnAway(this.context.timeoutError);
    this.#exchange.readBody(framed ? messageBytes + framePrefix : messageBytes, (bodyError, body) => {
      if (bodyError !== undefined) return this.#turnAway(bodyFailed(bodyError, messageBytes));
      let message: Message;
      try {
        message = this.#codec.read(framed ? unframe(body, messageBytes) : body);
      } catch (error) {
        return this.#turnAway(error);
      }
      this.#run(message);
    });
  }

  #run(message: Message): void {
    const { context } = this;
    const { handler, streaming } = this.#method;
    const { shutdown, chain } = this.#path;
    const call = chain.begin(context, streaming);
    this.#exchange.onClose((early) => {
      if (streaming) this.#openStreams.delete(this);
      context.abort(early ? clientLeft : callOver);
      call.close();
    });
    if (streaming) {
      this.#openStreams.add(this);
      if (shutdown.aborted) context.abort(shutdown.reason);
    }
    call.run(
      () => handler(message, context),
      message,
      (error, answer) => {
        if (error !== undefined) this.#refuse(error);
        else if (streaming) this.#stream(call, answer as AsyncIterable<Message>);
        else this.#answer(answer as Message);
      },
    );
  }

  get #codec(): Codec {
    return this.#wire.json ? this.#method.json : this.#method.proto;
  }

  #answer(message: Message): void {
    try {
      this.#wire.answer(
        this.#exchange,
        this.#codec.write(message, this.#wire.framed ? framePrefix : 0),
        this.#cors,
        this.context,
      );
    } catch (error) {
      this.#refuse(error);
    }
  }

  #stream(call: PassingCall, stream: AsyncIterable<Message>): void {
    const sink = new StreamSink(this.#exchange, this.#wire, this.#cors, this.context, call);
    if (isPushStream(stream)) {
      push(stream, sink);
      this.#exchange.forgetHeaders();
    } else void pump(stream, sink, this.#codec);
  }

  #statusOf(error: unknown): ConnectError {
    return toStatus(error, this.context.values.get(requestIdKey), this.#path.log);
  }

  /** Who is in the chain reports calls; one whose request cannot be read never gets there, and is reported here. */
  #turnAway(error: unknown): void {
    const status = this.#statusOf(error);
    this.#path.reports.refused(this.context.values, this.#method.method, status);
    this.#refuse(status);
  }

  #refuse(error: unknown): void {
    const status = this.#statusOf(error);
    this.context.abort(status);
    try {
      this.#wire.refuse(this.#exchange, status, this.#cors, this.context);
    } catch (broken) {
      // Headers that a handler set and HTTP does not allow, for one.
      this.#path.log.error({ err: broken, method: this.#method.method.name }, "an rpc broke off");
      this.#exchange.reset();
    }
  }
}

const compressedFlag = 1;

/** The one message of a framed request. */
function unframe(body: Uint8Array, messageBytes: number): Uint8Array {
  if (body.length === 0) throw new ConnectError("the request holds no message", Code.Unimplemented);
  if (body.length < framePrefix) throw cutShort();
  const flags = body[0] as number;
  const length =
    (((body[1] as number) << 24) | ((body[2] as number) << 16) | ((body[3] as number) << 8) | (body[4] as number)) >>>
    0;
  if (length > messageBytes) throw tooLarge(messageBytes);
  if ((flags & compressedFlag) !== 0) {
    throw new ConnectError("the message is compressed, and no encoding was named", Code.Internal);
  }
  if (flags !== 0) throw new ConnectError("the request ends before its message", Code.InvalidArgument);
  if (body.length < framePrefix + length) throw cutShort();
  if (body.length > framePrefix + length) {
    throw new ConnectError("the request holds more than one message", Code.Unimplemented);
  }
  return body.subarray(framePrefix);
}

function cutShort(): ConnectError {
  return new ConnectError("the request ends in the middle of a message", Code.InvalidArgument);
}

/** Writes what an ordinary stream yields, at the reader's pace. */
async function pump(stream: AsyncIterable<Message>, sink: PushSink, codec: Codec): Promise<void> {
  let closed = false;
  let wake: () => void = () => undefined;
  sink.onClose(() => {
    closed = true;
    wake();
  });
  sink.onDrain(() => wake());
  try {
    for await (const message of stream) {
      if (closed) return;
      const ready = sink.write(framed(codec.write(message, framePrefix)));
      if (!ready) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    sink.end();
  } catch (error) {
    sink.end(error);
  }
}
