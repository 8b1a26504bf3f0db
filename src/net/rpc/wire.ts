import type { ConnectError } from "@connectrpc/connect";
import { mergeNonProtocolHeaders } from "@connectrpc/connect/protocol";
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
import { framed } from "../../rpc/push-stream.ts";
import { type Exchange, toWire, type WireHeaders } from "../exchange.ts";

/** What a handler set on its response. Undefined costs nothing. */
export interface ResponseMetadata {
  readonly setHeader: Headers | undefined;
  readonly setTrailer: Headers | undefined;
}

export interface ParsedTimeout {
  readonly timeoutMs?: number;
  readonly error?: ConnectError | undefined;
}

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
  parseTimeout(value: string | null, maxMs: number): ParsedTimeout;
  /** Answers a call that failed before anything of the response was sent. */
  refuse(exchange: Exchange, error: ConnectError, cors: WireHeaders | undefined, metadata: ResponseMetadata): void;
  /** Answers with one message; where messages travel in frames, with the room for the prefix before it. */
  answer(exchange: Exchange, message: Uint8Array, cors: WireHeaders | undefined, metadata: ResponseMetadata): void;
  /** Begins a stream of frames. */
  beginStream(exchange: Exchange, cors: WireHeaders | undefined, metadata: ResponseMetadata): void;
  endStream(exchange: Exchange, error: ConnectError | undefined, metadata: ResponseMetadata): void;
}

function flagged(flags: number, bytes: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(5 + bytes.length);
  out[0] = flags;
  out.writeUInt32BE(bytes.length, 1);
  out.set(bytes, 5);
  return out;
}

/** Makes response headers: the same object again for all calls that add nothing of their own. */
function headerMaker(contentType: string) {
  const plain: WireHeaders = { "content-type": contentType };
  return (cors: WireHeaders | undefined, set: Headers | undefined): WireHeaders => {
    if (set === undefined) return cors === undefined ? plain : { ...cors, ...plain };
    return { ...cors, ...toWire(set), ...plain };
  };
}

const grpcOk: WireHeaders = { "grpc-status": "0" };

function grpcTrailers(error: ConnectError | undefined, set: Headers | undefined): WireHeaders {
  if (error === undefined && set === undefined) return grpcOk;
  return toWire(setTrailerStatus(new Headers(set), error));
}

function grpc(json: boolean): Wire {
  const contentType = json ? "application/grpc+json" : "application/grpc+proto";
  const headers = headerMaker(contentType);
  return {
    protocol: "grpc",
    json,
    framed: true,
    contentType,
    timeoutHeader: "grpc-timeout",
    encodingHeader: "grpc-encoding",
    parseTimeout: parseGrpcTimeout,
    refuse(exchange, error, cors, { setHeader, setTrailer }) {
      const header = headers(cors, setHeader);
      const trailers = grpcTrailers(error, setTrailer);
      // Trailers-only, one block of headers that ends the stream, unless there are headers that are no trailers.
      if (setHeader === undefined) exchange.respond(200, { ...header, ...trailers }, undefined);
      else exchange.respond(200, header, undefined, trailers);
    },
    answer(exchange, message, cors, { setHeader, setTrailer }) {
      exchange.respond(200, headers(cors, setHeader), framed(message), grpcTrailers(undefined, setTrailer));
    },
    beginStream(exchange, cors, { setHeader }) {
      exchange.begin(200, headers(cors, setHeader), true);
    },
    endStream(exchange, error, { setTrailer }) {
      exchange.end(grpcTrailers(error, setTrailer));
    },
  };
}

const grpcWebOk = flagged(trailerFlag, Buffer.from("grpc-status: 0\r\n"));

function grpcWebTrailers(error: ConnectError | undefined, set: Headers | undefined): Uint8Array {
  if (error === undefined && set === undefined) return grpcWebOk;
  return flagged(trailerFlag, trailerSerialize(setTrailerStatus(new Headers(set), error)));
}

function grpcWeb(json: boolean): Wire {
  const contentType = json ? "application/grpc-web+json" : "application/grpc-web+proto";
  const headers = headerMaker(contentType);
  return {
    protocol: "grpc-web",
    json,
    framed: true,
    contentType,
    timeoutHeader: "grpc-timeout",
    encodingHeader: "grpc-encoding",
    parseTimeout: parseGrpcTimeout,
    refuse(exchange, error, cors, { setHeader, setTrailer }) {
      exchange.respond(200, headers(cors, setHeader), grpcWebTrailers(error, setTrailer));
    },
    answer(exchange, message, cors, { setHeader, setTrailer }) {
      const body = Buffer.concat([framed(message), grpcWebTrailers(undefined, setTrailer)]);
      exchange.respond(200, headers(cors, setHeader), body);
    },
    beginStream(exchange, cors, { setHeader }) {
      exchange.begin(200, headers(cors, setHeader), false);
    },
    endStream(exchange, error, { setTrailer }) {
      exchange.write(grpcWebTrailers(error, setTrailer));
      exchange.end();
    },
  };
}

/** Connect has no trailers of HTTP: a unary answer carries them among its headers. */
function asHeaders(trailer: Headers | undefined): WireHeaders | undefined {
  if (trailer === undefined) return undefined;
  const wire: Record<string, string> = {};
  trailer.forEach((value, name) => {
    wire[`trailer-${name}`] = value;
  });
  return wire;
}

function connectUnary(json: boolean): Wire {
  const contentType = json ? contentTypeUnaryJson : contentTypeUnaryProto;
  const headers = headerMaker(contentType);
  const errorHeaders = headerMaker(contentTypeUnaryJson);
  return {
    protocol: "connect",
    json,
    framed: false,
    contentType,
    timeoutHeader: "connect-timeout-ms",
    encodingHeader: "content-encoding",
    parseTimeout: parseConnectTimeout,
    refuse(exchange, error, cors, { setHeader, setTrailer }) {
      const metadata = new Headers(setHeader);
      // What another server said of its own answer is none of ours.
      if (!error.isWireError) mergeNonProtocolHeaders(metadata, error.metadata);
      const header = { ...asHeaders(setTrailer), ...errorHeaders(cors, metadata) };
      exchange.respond(codeToHttpStatus(error.code), header, errorToJsonBytes(error, undefined));
    },
    answer(exchange, message, cors, { setHeader, setTrailer }) {
      const header = headers(cors, setHeader);
      exchange.respond(200, setTrailer === undefined ? header : { ...asHeaders(setTrailer), ...header }, message);
    },
    beginStream() {
      throw new Error("a unary call has no stream to begin");
    },
    endStream() {
      throw new Error("a unary call has no stream to end");
    },
  };
}

const connectOk = flagged(endStreamFlag, Buffer.from("{}"));

function connectEnd(error: ConnectError | undefined, set: Headers | undefined): Uint8Array {
  if (error === undefined && set === undefined) return connectOk;
  return flagged(endStreamFlag, Buffer.from(JSON.stringify(endStreamToJson(set ?? new Headers(), error, undefined))));
}

function connectStream(json: boolean): Wire {
  const contentType = json ? contentTypeStreamJson : contentTypeStreamProto;
  const headers = headerMaker(contentType);
  return {
    protocol: "connect",
    json,
    framed: true,
    contentType,
    timeoutHeader: "connect-timeout-ms",
    encodingHeader: "connect-content-encoding",
    parseTimeout: parseConnectTimeout,
    refuse(exchange, error, cors, { setHeader, setTrailer }) {
      exchange.respond(200, headers(cors, setHeader), connectEnd(error, setTrailer));
    },
    answer() {
      throw new Error("a stream does not answer with one message");
    },
    beginStream(exchange, cors, { setHeader }) {
      exchange.begin(200, headers(cors, setHeader), false);
    },
    endStream(exchange, error, { setTrailer }) {
      exchange.write(connectEnd(error, setTrailer));
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
