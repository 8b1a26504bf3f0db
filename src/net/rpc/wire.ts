import type { ConnectError } from "@connectrpc/connect";
import {
  codeToHttpStatus,
  contentTypeStreamJson,
  contentTypeStreamProto,
  contentTypeUnaryJson,
  contentTypeUnaryProto,
  endStreamFlag,
  endStreamToJson,
  errorToJsonBytes,
  parseTimeout as parseConnectTimeout,
} from "@connectrpc/connect/protocol-connect";
import { parseTimeout as parseGrpcTimeout, setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { trailerFlag, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";
import type { Exchange, WireHeaders } from "../exchange.ts";

/** How one protocol, in one form, spells a call. Everything here is known before a call comes. */
export interface Wire {
  readonly protocol: "grpc" | "grpc-web" | "connect";
  readonly json: boolean;
  /** Whether messages travel in frames `[flags][length][bytes]`, or bare. */
  readonly framed: boolean;
  readonly contentType: string;
  readonly timeoutHeader: string;
  /** A request that names a compression here takes the other path. */
  readonly encodingHeader: string;
  parseTimeout(value: string | null, maxMs: number): { timeoutMs?: number; error?: ConnectError | undefined };
  /** Answers a call that failed before anything of the response was sent. */
  refuse(exchange: Exchange, error: ConnectError, header: WireHeaders): void;
  /** Answers with one message. `header` and `trailer` are what the handler set. */
  answer(exchange: Exchange, message: Uint8Array, header: WireHeaders, trailer: Headers | undefined): void;
  /** Ends a stream of frames. */
  endStream(exchange: Exchange, error: ConnectError | undefined, trailer: Headers | undefined): void;
}

function flagged(flags: number, bytes: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(5 + bytes.length);
  out[0] = flags;
  out.writeUInt32BE(bytes.length, 1);
  out.set(bytes, 5);
  return out;
}

function toWire(headers: Headers | undefined): WireHeaders | undefined {
  if (headers === undefined) return undefined;
  const wire: Record<string, string> = {};
  headers.forEach((value, name) => {
    wire[name] = value;
  });
  return wire;
}

const grpcOk: WireHeaders = { "grpc-status": "0" };

function grpc(json: boolean): Wire {
  const contentType = json ? "application/grpc+json" : "application/grpc+proto";
  return {
    protocol: "grpc",
    json,
    framed: true,
    contentType,
    timeoutHeader: "grpc-timeout",
    encodingHeader: "grpc-encoding",
    parseTimeout: parseGrpcTimeout,
    refuse(exchange, error, header) {
      // Trailers-only: one block of headers that ends the stream.
      exchange.respond(
        200,
        { "content-type": contentType, ...header, ...toWire(setTrailerStatus(new Headers(), error)) },
        undefined,
      );
    },
    answer(exchange, message, header, trailer) {
      const trailers = trailer === undefined ? grpcOk : { ...toWire(trailer), ...grpcOk };
      exchange.respond(200, { "content-type": contentType, ...header }, flagged(0, message), trailers);
    },
    endStream(exchange, error, trailer) {
      exchange.end(toWire(setTrailerStatus(new Headers(trailer), error)) ?? grpcOk);
    },
  };
}

const grpcWebOk = flagged(trailerFlag, Buffer.from("grpc-status: 0\r\n"));

function grpcWeb(json: boolean): Wire {
  const contentType = json ? "application/grpc-web+json" : "application/grpc-web+proto";
  const trailerFrame = (error: ConnectError | undefined, trailer: Headers | undefined) =>
    flagged(trailerFlag, trailerSerialize(setTrailerStatus(new Headers(trailer), error)));
  return {
    protocol: "grpc-web",
    json,
    framed: true,
    contentType,
    timeoutHeader: "grpc-timeout",
    encodingHeader: "grpc-encoding",
    parseTimeout: parseGrpcTimeout,
    refuse(exchange, error, header) {
      exchange.respond(200, { "content-type": contentType, ...header }, trailerFrame(error, undefined));
    },
    answer(exchange, message, header, trailer) {
      const last = trailer === undefined ? grpcWebOk : trailerFrame(undefined, trailer);
      const body = Buffer.allocUnsafe(5 + message.length + last.length);
      body[0] = 0;
      body.writeUInt32BE(message.length, 1);
      body.set(message, 5);
      body.set(last, 5 + message.length);
      exchange.respond(200, { "content-type": contentType, ...header }, body);
    },
    endStream(exchange, error, trailer) {
      exchange.write(trailerFrame(error, trailer));
      exchange.end();
    },
  };
}

function connectUnary(json: boolean): Wire {
  const contentType = json ? contentTypeUnaryJson : contentTypeUnaryProto;
  return {
    protocol: "connect",
    json,
    framed: false,
    contentType,
    timeoutHeader: "connect-timeout-ms",
    encodingHeader: "content-encoding",
    parseTimeout: parseConnectTimeout,
    refuse(exchange, error, header) {
      const metadata = toWire(error.metadata);
      const body = errorToJsonBytes(error, undefined);
      exchange.respond(
        codeToHttpStatus(error.code),
        { ...metadata, ...header, "content-type": contentTypeUnaryJson },
        body,
      );
    },
    answer(exchange, message, header, trailer) {
      const headers: Record<string, string | readonly string[]> = { "content-type": contentType, ...header };
      trailer?.forEach((value, name) => {
        headers[`trailer-${name}`] = value;
      });
      exchange.respond(200, headers, message);
    },
    endStream() {
      throw new Error("a unary call has no stream to end");
    },
  };
}

function connectStream(json: boolean): Wire {
  const contentType = json ? contentTypeStreamJson : contentTypeStreamProto;
  const endFrame = (error: ConnectError | undefined, trailer: Headers | undefined) =>
    flagged(endStreamFlag, Buffer.from(JSON.stringify(endStreamToJson(trailer ?? new Headers(), error, undefined))));
  return {
    protocol: "connect",
    json,
    framed: true,
    contentType,
    timeoutHeader: "connect-timeout-ms",
    encodingHeader: "connect-content-encoding",
    parseTimeout: parseConnectTimeout,
    refuse(exchange, error, header) {
      exchange.respond(200, { "content-type": contentType, ...header }, endFrame(error, undefined));
    },
    answer() {
      throw new Error("a stream does not answer with one message");
    },
    endStream(exchange, error, trailer) {
      exchange.write(endFrame(error, trailer));
      exchange.end();
    },
  };
}

const unaryWires = new Map<string, Wire>();
const streamWires = new Map<string, Wire>();
for (const json of [false, true]) {
  const form = json ? "json" : "proto";
  for (const wires of [unaryWires, streamWires]) {
    wires.set(`application/grpc+${form}`, grpc(json));
    wires.set(`application/grpc-web+${form}`, grpcWeb(json));
  }
  unaryWires.set(`application/${form}`, connectUnary(json));
  streamWires.set(`application/connect+${form}`, connectStream(json));
}
for (const wires of [unaryWires, streamWires]) {
  wires.set("application/grpc", wires.get("application/grpc+proto") as Wire);
  wires.set("application/grpc-web", wires.get("application/grpc-web+proto") as Wire);
}
unaryWires.set("application/json; charset=utf-8", unaryWires.get("application/json") as Wire);

/** The wire of a content type, or undefined: rare spellings and what is none of ours take the router's path. */
export function wireOf(contentType: string | undefined, streaming: boolean): Wire | undefined {
  return contentType === undefined ? undefined : (streaming ? streamWires : unaryWires).get(contentType);
}
