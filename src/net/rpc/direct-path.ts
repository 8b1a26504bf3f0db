import { create, type Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { TrustedProxies } from "../../platform/access/trusted-proxies.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import type { CallReports } from "../../rpc/call-reports.ts";
import { toStatus } from "../../rpc/errors.ts";
import type { Gate } from "../../rpc/gate.ts";
import { frame, isPushStream, type PushSink, push } from "../../rpc/push-stream.ts";
import { requestIdKey } from "../../rpc/request-id.ts";
import type { Exchange, WireHeaders } from "../exchange.ts";
import { bodyFailed, tooLarge } from "./body-errors.ts";
import { CallContext, callOver, clientLeft } from "./call-context.ts";
import type { DirectMethod } from "./method-table.ts";
import type { Wire } from "./wire.ts";

/**
 * The short way from a request to its handler, for calls as almost all of them are: one request message, uncompressed.
 * Gate, interceptors and handlers are the same as on the router's path; what differs is that bytes are taken and given
 * whole, and that nothing is made before it is needed.
 */
export interface DirectPath {
  serve(exchange: Exchange, method: DirectMethod, wire: Wire, cors: WireHeaders | undefined): void;
}

const framePrefix = 5;
const compressedFlag = 1;

export function createDirectPath(needs: {
  gate: Gate;
  log: Log;
  reports: CallReports;
  shutdown: AbortSignal;
  messageBytes: number;
  proxies: TrustedProxies;
}): DirectPath {
  const { gate, log, reports, shutdown, messageBytes, proxies } = needs;
  const openStreams = new Set<CallContext>();
  shutdown.addEventListener("abort", () => {
    for (const context of [...openStreams]) context.abort(shutdown.reason);
  });

  /** The one message of a framed request. */
  function unframe(body: Uint8Array): Uint8Array {
    if (body.length === 0) throw new ConnectError("the request holds no message", Code.Unimplemented);
    if (body.length < framePrefix) throw cutShort();
    const flags = body[0] as number;
    const length = new DataView(body.buffer, body.byteOffset + 1, 4).getUint32(0);
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

  return {
    serve(exchange, method, wire, cors) {
      const timeout = wire.parseTimeout(exchange.header(wire.timeoutHeader) ?? null, Number.POSITIVE_INFINITY);
      const context = new CallContext(exchange, method.method, wire.protocol, timeout.timeoutMs, proxies);
      const codec = wire.json ? method.json : method.proto;
      const statusOf = (error: unknown): ConnectError => toStatus(error, context.values.get(requestIdKey), log);

      function refuse(error: unknown): void {
        const status = statusOf(error);
        context.abort(status);
        try {
          wire.refuse(exchange, status, cors, context);
        } catch (broken) {
          // Headers that a handler set and HTTP does not allow, for one.
          log.error({ err: broken, method: method.method.name }, "an rpc broke off");
          exchange.reset();
        }
      }

      /** Interceptors do not see calls whose request cannot be read: they are reported here. */
      function turnAway(error: unknown): void {
        const status = statusOf(error);
        reports.refused(context.values, method.method, status);
        refuse(status);
      }

      function begin(): void {
        if (timeout.error !== undefined) return turnAway(timeout.error);
        exchange.readBody(wire.framed ? messageBytes + framePrefix : messageBytes, (bodyError, body) => {
          if (bodyError !== undefined) return turnAway(bodyFailed(bodyError, messageBytes));
          let message: Message;
          try {
            message = codec.read(wire.framed ? unframe(body) : body);
          } catch (error) {
            return turnAway(error);
          }
          run(message);
        });
      }

      function invoke(message: Message): ReturnType<DirectMethod["invoke"]> {
        try {
          return method.invoke(message, context);
        } catch (error) {
          // Interceptors answer with promises; one that throws all the same must not bring the process down.
          return Promise.reject(error);
        }
      }

      function run(message: Message): void {
        exchange.onClose((early) => {
          if (method.streaming) openStreams.delete(context);
          context.abort(early ? clientLeft : callOver);
        });
        if (method.streaming) {
          openStreams.add(context);
          if (shutdown.aborted) context.abort(shutdown.reason);
        }
        invoke(message)
          .then((result) => {
            if (!method.streaming) return wire.answer(exchange, codec.write(result as Message), cors, context);
            const sink = createSink(exchange, wire, context, cors, statusOf);
            const stream = result as AsyncIterable<Message>;
            if (isPushStream(stream)) push(stream, sink);
            else void pump(stream, sink, method);
          })
          .catch(refuse);
      }

      try {
        const admitted = gate({
          method: method.method,
          values: context.values,
          authorization: exchange.header("authorization"),
        });
        if (admitted === undefined) begin();
        else admitted.then(begin).catch(refuse);
      } catch (error) {
        refuse(error);
      }
    },
  };
}

function cutShort(): ConnectError {
  return new ConnectError("the request ends in the middle of a message", Code.InvalidArgument);
}

/** Writes a response stream, and cuts off a reader that takes nothing for too long. */
function createSink(
  exchange: Exchange,
  wire: Wire,
  context: CallContext,
  cors: WireHeaders | undefined,
  statusOf: (error: unknown) => ConnectError,
): PushSink {
  let begun = false;
  let over = false;
  let stalled: NodeJS.Timeout | undefined;
  const drainListeners: (() => void)[] = [];

  function begin(): void {
    if (begun) return;
    begun = true;
    wire.beginStream(exchange, cors, context);
  }
  function watch(): void {
    stalled ??= setTimeout(() => exchange.reset(), limits.port.stalledReaderMs).unref();
  }
  exchange.onDrain(() => {
    // Once the stream has ended, nothing but its close shows that the reader took it all.
    if (over) return;
    clearTimeout(stalled);
    stalled = undefined;
    for (const listener of drainListeners) listener();
  });
  exchange.onClose(() => {
    over = true;
    clearTimeout(stalled);
  });

  return {
    format: wire.json ? "json" : "proto",
    write(frames) {
      if (over) return true;
      begin();
      const ready = exchange.write(frames);
      if (!ready) watch();
      return ready;
    },
    onDrain(listener) {
      drainListeners.push(listener);
    },
    onClose(listener) {
      exchange.onClose(listener);
    },
    end(error) {
      if (over) return;
      over = true;
      const status = error === undefined ? undefined : statusOf(error);
      if (!begun && status !== undefined) wire.refuse(exchange, status, cors, context);
      else {
        begin();
        wire.endStream(exchange, status, context);
      }
      // A reader that does not even take the end would hold its connection for ever.
      if (!exchange.closed || stalled === undefined) watch();
    },
  };
}

/** Writes what an ordinary stream yields, at the reader's pace. */
async function pump(stream: AsyncIterable<Message>, sink: PushSink, method: DirectMethod): Promise<void> {
  const codec = sink.format === "json" ? method.json : method.proto;
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
      const ready = sink.write(frame(codec.write(create(method.method.output, message))));
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
