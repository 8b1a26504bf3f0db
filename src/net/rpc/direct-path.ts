import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import { toStatus } from "../../rpc/errors.ts";
import type { Gate } from "../../rpc/gate.ts";
import { frame, isPushStream, type PushSink, push } from "../../rpc/push-stream.ts";
import { requestIdKey } from "../../rpc/request-id.ts";
import type { Exchange, WireHeaders } from "../exchange.ts";
import { CallContext } from "./call-context.ts";
import type { DirectMethod } from "./method-table.ts";
import type { Wire } from "./wire.ts";

/**
 * The short way from a request to its handler, for calls as almost all of them are: one request message, uncompressed.
 * Gate, interceptors and handlers are the same as on the router's path; what differs is that bytes are taken and given
 * whole, and that nothing is made before it is needed.
 */
export interface DirectPath {
  serve(exchange: Exchange, method: DirectMethod, wire: Wire, corsHeaders: WireHeaders): void;
}

const requestFlagCompressed = 1;

export function createDirectPath(needs: { gate: Gate; log: Log; shutdown: AbortSignal }): DirectPath {
  const { gate, log, shutdown } = needs;
  const open = new Set<CallContext>();
  shutdown.addEventListener("abort", () => {
    for (const context of [...open]) context.abort(shutdown.reason);
  });

  return {
    serve(exchange, method, wire, corsHeaders) {
      const timeout = wire.parseTimeout(exchange.header(wire.timeoutHeader) ?? null, limits.rpc.maxTimeoutMs);
      const context = new CallContext(exchange, method.method, wire.protocol, timeout.timeoutMs);
      const refuse = (error: unknown) => {
        const status = toStatus(error, context.values.get(requestIdKey), log);
        context.abort(status);
        wire.refuse(exchange, status, withSet(corsHeaders, context));
      };

      function begin(): void {
        if (timeout.error !== undefined) return refuse(timeout.error);
        exchange.readBody(limits.rpc.messageBytes + 5, (bodyError, body) => {
          if (bodyError === "gone") return;
          if (bodyError === "stalled")
            return refuse(new ConnectError("the request did not arrive", Code.DeadlineExceeded));
          if (bodyError === "too-large") return refuse(tooLarge());
          let message: Message;
          try {
            message = (wire.json ? method.json : method.proto).read(wire.framed ? unframe(body) : bounded(body));
          } catch (error) {
            return refuse(error);
          }
          run(message);
        });
      }

      function run(message: Message): void {
        open.add(context);
        exchange.onClose((early) => {
          open.delete(context);
          context.abort(early ? new ConnectError("the client left", Code.Canceled) : undefined);
        });
        if (shutdown.aborted) context.abort(shutdown.reason);
        method
          .invoke(message, context)
          .then((result) => {
            if (!method.streaming) {
              const bytes = (wire.json ? method.json : method.proto).write(result as Message);
              wire.answer(exchange, bytes, withSet(corsHeaders, context), context.setTrailer);
              return;
            }
            const sink = createSink(exchange, wire, context, corsHeaders, (error) =>
              toStatus(error, context.values.get(requestIdKey), log),
            );
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

function tooLarge(): ConnectError {
  return new ConnectError(`the message is larger than ${limits.rpc.messageBytes} bytes`, Code.ResourceExhausted);
}

function bounded(body: Uint8Array): Uint8Array {
  if (body.length > limits.rpc.messageBytes) throw tooLarge();
  return body;
}

/** The one message of a framed request. */
function unframe(body: Uint8Array): Uint8Array {
  if (body.length === 0) throw new ConnectError("the request holds no message", Code.Unimplemented);
  if (body.length < 5) throw new ConnectError("the request ends in the middle of a frame", Code.InvalidArgument);
  const flags = body[0] as number;
  const length = new DataView(body.buffer, body.byteOffset + 1, 4).getUint32(0);
  if (length > limits.rpc.messageBytes) throw tooLarge();
  if ((flags & requestFlagCompressed) !== 0) {
    throw new ConnectError("the message is compressed, and no encoding was named", Code.Internal);
  }
  if (body.length < 5 + length)
    throw new ConnectError("the request ends in the middle of a frame", Code.InvalidArgument);
  if (body.length > 5 + length) throw new ConnectError("the request holds more than one message", Code.Unimplemented);
  return body.subarray(5);
}

/** What is said for every response, and what the handler set on this one. */
function withSet(headers: WireHeaders, context: CallContext): WireHeaders {
  const set = context.setHeader;
  if (set === undefined) return headers;
  const all: Record<string, string | readonly string[]> = { ...headers };
  set.forEach((value, name) => {
    all[name] = value;
  });
  return all;
}

/** Writes a response stream, and cuts off a reader that takes nothing for too long. */
function createSink(
  exchange: Exchange,
  wire: Wire,
  context: CallContext,
  corsHeaders: WireHeaders,
  statusOf: (error: unknown) => ConnectError,
): PushSink {
  let begun = false;
  let over = false;
  let stalled: NodeJS.Timeout | undefined;
  const drainListeners: (() => void)[] = [];

  function begin(): void {
    if (begun) return;
    begun = true;
    exchange.begin(
      200,
      { "content-type": wire.contentType, ...withSet(corsHeaders, context) },
      wire.protocol === "grpc",
    );
  }
  exchange.onDrain(() => {
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
      if (!ready && stalled === undefined) {
        stalled = setTimeout(() => exchange.reset(), limits.port.stalledReaderMs).unref();
      }
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
      if (!begun && status !== undefined) wire.refuse(exchange, status, withSet(corsHeaders, context));
      else {
        begin();
        wire.endStream(exchange, status, context.setTrailer);
      }
      // A reader that does not even take the end would hold its connection for ever.
      stalled ??= setTimeout(() => exchange.reset(), limits.port.stalledReaderMs).unref();
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
      const ready = sink.write(frame(codec.write(message)));
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
