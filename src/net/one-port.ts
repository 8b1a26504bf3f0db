import { createServer as createHttp1Server, type IncomingMessage, type ServerResponse } from "node:http";
import {
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { limits } from "../platform/limits.ts";
import type { Log } from "../platform/log.ts";
import { createRoundRobin } from "../platform/round-robin.ts";
import { sniff } from "./sniff.ts";
import { findSource, isOfSource, isOnlyForSources, sendOn } from "./source-requests.ts";

export interface PortNeeds {
  readonly name: string;
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** PEM texts. With them the port speaks TLS with ALPN, and nothing else. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly log: Log;
  onHttp1(request: IncomingMessage, response: ServerResponse): void;
  onHttp2(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void;
  /** Takes connections of sources, with what was read of them already. Without it they are requests like any other. */
  readonly onSource?: ((socket: Socket, firstBytes: Buffer) => void) | undefined;
}

export interface Port {
  readonly address: { readonly host: string; readonly port: number };
  readonly connections: number;
  /** The same by what is spoken on them; those that have not said yet, and sources, count as HTTP/1.1. */
  readonly spoken: { readonly h1: number; readonly h2: number };
  /**
   * Takes no new connections and tells the open ones to go (GOAWAY, `connection: close`). Resolves when all are gone;
   * what is left after `graceMs` is cut.
   */
  close(graceMs: number): Promise<void>;
}

/**
 * Opens one port that speaks HTTP/1.1 and HTTP/2 on the same socket. What reaches the handlers has a well-formed
 * authority. Rejects when the address cannot be had.
 */
export async function openPort(needs: PortNeeds): Promise<Port> {
  const { tls, log } = needs;
  const sockets = new Set<Socket>();
  const undecided = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const hearts = createRoundRobin(limits.port.h2PingMs);
  let closing = false;

  // The HTTP/1 server listens whatever is spoken, so that its watch over slow headers works.
  const http1 = createHttp1Server({
    headersTimeout: limits.port.headersMs,
    keepAliveTimeout: limits.port.idleKeepAliveMs,
    // Uploads and sources may take as long as they like; a body that stalls is noticed where it is read.
    requestTimeout: 0,
    maxHeaderSize: limits.port.headerBytes,
    connectionsCheckingInterval: Math.min(limits.port.headersMs, 5000),
    noDelay: true,
    // Finds out clients that vanished without a word.
    keepAlive: true,
    keepAliveInitialDelay: limits.port.h2PingMs,
  });
  const http2 = createHttp2Server({
    maxSessionMemory: limits.port.h2SessionMemoryMb,
    settings: { maxConcurrentStreams: limits.port.h2StreamsPerConnection, maxHeaderListSize: limits.port.headerBytes },
  });
  const tlsServer =
    tls === undefined
      ? undefined
      : createTlsServer({
          cert: tls.cert,
          key: tls.key,
          ALPNProtocols: ["h2", "http/1.1"],
          handshakeTimeout: limits.port.sniffMs,
        });

  http1.on("request", (request, response) => {
    if (closing || isOfSource(request)) response.shouldKeepAlive = false;
    // Without these a client that vanishes mid-way would be an uncaught error.
    request.on("error", ignore);
    response.on("error", ignore);
    try {
      if (needs.onSource !== undefined && isOnlyForSources(request)) sendOn(request, response);
      else if (isWellFormed(request.headers.host)) needs.onHttp1(request, response);
      else response.writeHead(400, { "content-type": "text/plain", connection: "close" }).end(badAuthority);
    } catch (error) {
      log.error({ err: error, port: needs.name }, "a request broke off");
      request.socket.destroy();
    }
  });
  http2.on("stream", (stream, headers) => {
    stream.on("error", ignore);
    try {
      if (isWellFormed(headers[":authority"] ?? headers.host)) return needs.onHttp2(stream, headers);
      stream.respond({ ":status": 400, "content-type": "text/plain" });
      stream.end(badAuthority);
    } catch (error) {
      log.error({ err: error, port: needs.name }, "a request broke off");
      stream.destroy();
    }
  });
  http2.on("session", (session) => {
    sessions.add(session);
    session.on("error", ignore);
    const stopPings = hearts.add(heartOf(session));
    session.once("close", () => {
      stopPings();
      sessions.delete(session);
    });
    if (closing) session.close();
  });
  http1.on("clientError", answerClientError);
  tlsServer?.on("tlsClientError", (_error, socket) => socket.destroy());

  const serveHttp1 = http1.listeners("connection") as ((socket: Socket) => void)[];
  http1.removeAllListeners("connection");
  function takeRequests(socket: Socket): void {
    for (const serve of serveHttp1) serve.call(http1, socket);
    // One read of TLS may bring several records, and Node's parser fails when it is handed one after it asked for a
    // pause. With a listener beside its own they come through the stream, which holds them back.
    if (tlsServer !== undefined) socket.on("data", ignore);
  }
  function takeHttp1(socket: Socket): void {
    if (needs.onSource === undefined) takeRequests(socket);
    else findSource(socket, needs.onSource, takeRequests);
  }
  function takeHttp2(socket: Socket): void {
    // A half-open socket would hide that the client left.
    socket.allowHalfOpen = false;
    http2.emit("connection", socket);
  }
  http1.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", ignore);
    socket.once("close", () => {
      sockets.delete(socket);
      undecided.delete(socket);
    });
    if (tlsServer !== undefined) {
      tlsServer.emit("connection", socket);
      return;
    }
    undecided.add(socket);
    sniff(socket, (isHttp2) => {
      undecided.delete(socket);
      if (isHttp2) takeHttp2(socket);
      else takeHttp1(socket);
    });
  });
  tlsServer?.on("secureConnection", (socket: TLSSocket) => {
    socket.on("error", ignore);
    if (socket.alpnProtocol === "h2") takeHttp2(socket);
    else takeHttp1(socket);
  });

  http1.maxConnections = limits.port.connections;
  await new Promise<void>((resolve, reject) => {
    http1.once("error", reject);
    http1.listen({ host: needs.host, port: needs.port, backlog: 4096 }, () => {
      http1.removeListener("error", reject);
      resolve();
    });
  });
  http1.on("error", (error) => log.error({ err: error, port: needs.name }, "port failed"));
  const { port } = http1.address() as AddressInfo;

  return {
    address: { host: needs.host, port },
    get connections() {
      return sockets.size;
    },
    get spoken() {
      return { h1: sockets.size - sessions.size, h2: sessions.size };
    },
    async close(graceMs) {
      closing = true;
      const gone = new Promise<void>((resolve) => http1.close(() => resolve()));
      for (const socket of undecided) socket.destroy();
      for (const session of sessions) session.close();
      const sweep = setInterval(() => http1.closeIdleConnections(), 50);
      const cut = setTimeout(() => {
        for (const session of sessions) session.destroy();
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await gone;
      clearTimeout(cut);
      clearInterval(sweep);
      hearts[Symbol.dispose]();
    },
  };
}

function ignore(): void {
  // The stream's `close` follows and is where it is dealt with.
}

const badAuthority = "the host of the request is missing or malformed\n";
const authority = /^([A-Za-z0-9._~%!$&'()*+,;=-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/;
let lastWellFormed = "";

/** A host and perhaps a port, as RFC 3986 allows them; anything else makes no URL. */
function isWellFormed(given: string | undefined): boolean {
  // Almost all requests of a port name it in the same way.
  if (given === lastWellFormed && given !== "") return true;
  if (given === undefined || !authority.test(given)) return false;
  lastWellFormed = given;
  return true;
}

/** What ends a session whose peer vanished without a word, when it beats: it leaves a ping unanswered. */
function heartOf(session: ServerHttp2Session): () => void {
  let answered = true;
  const onAnswer = (): void => {
    answered = true;
  };
  return () => {
    if (session.destroyed) return;
    if (!answered) return session.destroy();
    answered = false;
    session.ping(onAnswer);
  };
}

/** What cannot be read as HTTP is told so once, and cut. */
function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "408 Request Timeout"
        : "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy());
}
