import type { Socket } from "node:net";
import { limits } from "../platform/limits.ts";

/** What a client that speaks HTTP/2 sends first (RFC 9113 §3.4). */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Reads just enough of a new connection to know whether it speaks HTTP/2, and puts it back. */
export function sniff(socket: Socket, decided: (isHttp2: boolean) => void): void {
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
