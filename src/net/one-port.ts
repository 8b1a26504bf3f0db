import {
  createServer as createHttp1Server,
  type Server as Http1Server,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { limits } from "../platform/limits.ts";
import type { Log } from "../platform/log.ts";

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
}

export interface Port {
  readonly address: { readonly host: string; readonly port: number };
  readonly connections: number;
  /**
   * Takes no new connections and tells the open ones to go (GOAWAY, `connection: close`). Resolves when all are gone;
   * what is left after `graceMs` is cut.
   */
  close(graceMs: number): Promise<void>;
}

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Opens one port that speaks HTTP/1.1 and HTTP/2 on the same socket. Rejects when the address cannot be had. */
export async function openPort(needs: PortNeeds): Promise<Port> {
  const { tls, log } = needs;
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  let closing = false;

  const http1Options = {
    headersTimeout: limits.port.headersMs,
    keepAliveTimeout: limits.port.idleKeepAliveMs,
    // Uploads and sources may take as long as they like; a body that stalls is noticed where it is read.
    requestTimeout: 0,
    maxHeaderSize: limits.port.headerBytes,
    connectionsCheckingInterval: 5000,
  };
  const http2Options = {
    maxSessionMemory: limits.port.h2SessionMemoryMb,
    settings: { maxConcurrentStreams: limits.port.h2StreamsPerConnection, maxHeaderListSize: limits.port.headerBytes },
  };

  function onHttp1(request: IncomingMessage, response: ServerResponse): void {
    if (closing) response.shouldKeepAlive = false;
    // Without these a client that vanishes mid-way would be an uncaught error.
    request.on("error", ignore);
    response.on("error", ignore);
    needs.onHttp1(request, response);
  }

  function onSession(session: ServerHttp2Session): void {
    sessions.add(session);
    session.on("error", ignore);
    // A peer that vanished without a word is found out by an unanswered ping.
    let answered = true;
    const heart = setInterval(() => {
      if (!answered) return session.destroy();
      answered = false;
      session.ping(() => {
        answered = true;
      });
    }, limits.port.h2PingMs).unref();
    session.once("close", () => {
      clearInterval(heart);
      sessions.delete(session);
    });
    if (closing) session.close();
  }

  function onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on("error", ignore);
    needs.onHttp2(stream, headers);
  }

  function trackSocket(socket: Socket): void {
    sockets.add(socket);
    socket.on("error", ignore);
    socket.setNoDelay(true);
    socket.once("close", () => sockets.delete(socket));
  }

  let listener: Http1Server | Http2Server;
  let http1: Http1Server | undefined;
  if (tls === undefined) {
    // The HTTP/1 server listens, so that its watch over slow headers works; HTTP/2 connections are handed over.
    const h1 = createHttp1Server(http1Options, onHttp1);
    const h2 = createHttp2Server(http2Options);
    h2.on("session", onSession);
    h2.on("stream", onStream);
    const takeHttp1 = h1.listeners("connection") as ((socket: Socket) => void)[];
    h1.removeAllListeners("connection");
    h1.on("connection", (socket: Socket) => {
      trackSocket(socket);
      sniff(socket, (isHttp2) => {
        if (isHttp2) {
          // A half-open socket would hide that the client left.
          socket.allowHalfOpen = false;
          h2.emit("connection", socket);
        } else {
          for (const take of takeHttp1) take.call(h1, socket);
        }
      });
    });
    h1.on("clientError", answerClientError);
    http1 = h1;
    listener = h1;
  } else {
    const secure = createSecureServer({
      ...http1Options,
      ...http2Options,
      allowHTTP1: true,
      cert: tls.cert,
      key: tls.key,
    });
    secure.on("connection", trackSocket);
    secure.on("session", onSession);
    secure.on("stream", onStream);
    secure.on("request", (request, response) => {
      if (request.httpVersionMajor === 1)
        onHttp1(request as unknown as IncomingMessage, response as unknown as ServerResponse);
    });
    secure.on("clientError", answerClientError);
    secure.on("tlsClientError", (_error, socket) => socket.destroy());
    secure.on("unknownProtocol", (socket) => socket.destroy());
    listener = secure as unknown as Http2Server;
  }
  listener.maxConnections = limits.port.connections;

  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen({ host: needs.host, port: needs.port, backlog: 4096 }, () => {
      listener.removeListener("error", reject);
      resolve();
    });
  });
  listener.on("error", (error) => log.error({ err: error, port: needs.name }, "port failed"));
  const { port } = listener.address() as AddressInfo;

  return {
    address: { host: needs.host, port },
    get connections() {
      return sockets.size;
    },
    async close(graceMs) {
      closing = true;
      const gone = new Promise<void>((resolve) => listener.close(() => resolve()));
      for (const session of sessions) session.close();
      http1?.closeIdleConnections();
      const sweep = setInterval(() => http1?.closeIdleConnections(), 50);
      const cut = setTimeout(() => {
        for (const session of sessions) session.destroy();
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      await gone;
      clearTimeout(cut);
      clearInterval(sweep);
    },
  };
}

function ignore(): void {
  // The stream's `close` follows and is where it is dealt with.
}

/** Reads just enough of a new connection to know whether it speaks HTTP/2, and puts it back. */
function sniff(socket: Socket, decided: (isHttp2: boolean) => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const tooSlow = setTimeout(() => socket.destroy(), limits.port.sniffMs).unref();

  function onData(chunk: Buffer): void {
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const length = Math.min(seen.length, preface.length);
    const couldBeHttp2 = seen.compare(preface, 0, length, 0, length) === 0;
    if (couldBeHttp2 && length < preface.length) return;
    finish();
    socket.pause();
    socket.unshift(seen);
    decided(couldBeHttp2);
    // HTTP/2 reads from the handle below the stream, and takes what was put back itself.
    if (!couldBeHttp2) socket.resume();
  }
  function finish(): void {
    clearTimeout(tooSlow);
    socket.removeListener("data", onData);
    socket.removeListener("end", onGone);
    socket.removeListener("close", finish);
  }
  function onGone(): void {
    finish();
    socket.destroy();
  }
  socket.on("data", onData);
  socket.once("end", onGone);
  socket.once("close", finish);
}

/** What cannot be read as HTTP is told so once, and cut. */
function answerClientError(error: NodeJS.ErrnoException, socket: import("node:stream").Duplex): void {
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
