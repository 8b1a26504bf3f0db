import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { limits } from "../platform/limits.ts";

const source = "SOURCE ";
const put = "PUT /live/";
const headEnd = "\r\n\r\n";
const hasLength = /\r\n(?:content-length|transfer-encoding)[ \t]*:/i;

/**
 * Whether a connection begins with the request of an Icecast source: a body that has neither a length nor chunks, which
 * no parser of HTTP sees. Undefined while there is too little to know.
 */
export function isSourceRequest(seen: Buffer): boolean | undefined {
  const begin = seen.toString("latin1", 0, Math.max(source.length, put.length));
  if (begin.startsWith(source)) return true;
  if (source.startsWith(begin) || put.startsWith(begin)) {
    if (begin !== put) return undefined;
  } else return false;
  const head = seen.toString("latin1", 0, limits.port.headerBytes);
  const end = head.indexOf(headEnd);
  if (end === -1) return seen.length < limits.port.headerBytes ? undefined : false;
  return !hasLength.test(head.slice(0, end + 2));
}

/**
 * Reads just enough of a connection that speaks HTTP/1 to know whether a source has it. A source gets the connection
 * itself, paused, and what was read of it; for any other it is put back.
 */
export function findSource(
  socket: Socket,
  onSource: (socket: Socket, firstBytes: Buffer) => void,
  onOther: (socket: Socket) => void,
): void {
  let seen: Buffer = Buffer.alloc(0);
  const tooSlow = setTimeout(() => socket.destroy(), limits.port.sniffMs).unref();

  function onData(chunk: Buffer): void {
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const isSource = isSourceRequest(seen);
    if (isSource === undefined) return;
    finish();
    socket.pause();
    if (isSource) return onSource(socket, seen);
    socket.unshift(seen);
    onOther(socket);
    socket.resume();
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

/**
 * Whether a request is one of a source. Its connection is not kept: what a source sends after it has asked whether it may
 * (libshout: a PUT without credentials whose length is 0), the parser of HTTP would not take for sound.
 */
export function isOfSource({ method, url = "" }: IncomingMessage): boolean {
  return method === "SOURCE" || (url.startsWith("/live/") && (method === "PUT" || method === "POST"));
}

/**
 * Whether only sources ask like this: to see whether there is TLS (libshout: `OPTIONS *`), or to send sound without a
 * length on a connection that was used before.
 */
export function isOnlyForSources(request: IncomingMessage): boolean {
  const { method, url, headers } = request;
  if (method === "OPTIONS") return url === "*";
  const hasBody = headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
  return method === "SOURCE" || (method === "PUT" && isOfSource(request) && !hasBody);
}

/** Answers it so that the source comes again, on a connection of its own. */
export function sendOn({ method }: IncomingMessage, response: ServerResponse): void {
  response.shouldKeepAlive = false;
  const isAsking = method === "OPTIONS";
  response.writeHead(isAsking ? 204 : 411, isAsking ? { allow: "GET, PUT, SOURCE" } : {}).end();
}
