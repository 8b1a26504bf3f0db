import { connected, leave } from "./h2-connection.ts";
import type { Subscriber } from "./h2-subscriber.ts";

const ready = Buffer.from("\r\n\r\n");
const socketIoHello = textFrame("40");
const socketIoPong = textFrame("3");

/**
 * Follows a WebSocket and hears of each message on it. With `socketIo` it speaks as much of that protocol as a listener
 * needs. Resolves once messages can come.
 */
export async function subscribeWs(
  { port, path, socketIo }: { port: number; path: string; socketIo: boolean },
  onMessage: () => void,
  onOver: (error: Error) => void,
): Promise<Subscriber> {
  const socket = await connected(port);
  const joined = Promise.withResolvers<void>();
  let upgraded = false;
  let pending: Buffer | undefined;

  function onText(text: string): void {
    if (text.startsWith("42")) onMessage();
    else if (text.startsWith("40")) joined.resolve();
    else if (text.startsWith("0")) socket.write(socketIoHello);
    else if (text === "2") socket.write(socketIoPong);
  }
  socket.on("data", (chunk: Buffer) => {
    let bytes = pending === undefined ? chunk : Buffer.concat([pending, chunk]);
    pending = undefined;
    if (!upgraded) {
      const end = bytes.indexOf(ready);
      if (end === -1) {
        pending = bytes;
        return;
      }
      if (!bytes.toString("latin1", 0, 12).endsWith("101")) return onOver(new Error(`no upgrade: ${bytes}`));
      upgraded = true;
      bytes = bytes.subarray(end + 4);
      if (!socketIo) joined.resolve();
    }
    let at = 0;
    while (at + 2 <= bytes.length) {
      const short = (bytes[at + 1] as number) & 0x7f;
      const start = at + (short === 126 ? 4 : short === 127 ? 10 : 2);
      if (start > bytes.length) break;
      const length =
        short === 126 ? bytes.readUInt16BE(at + 2) : short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short;
      if (start + length > bytes.length) break;
      if (!socketIo) onMessage();
      else onText(bytes.toString("latin1", start, Math.min(start + 3, start + length)));
      at = start + length;
    }
    if (at < bytes.length) pending = Buffer.from(bytes.subarray(at));
  });
  socket.on("error", onOver);
  socket.on("close", () => onOver(new Error("the server closed the connection")));
  socket.write(
    [
      `GET ${path} HTTP/1.1`,
      `host: 127.0.0.1:${port}`,
      "connection: Upgrade",
      "upgrade: websocket",
      "sec-websocket-version: 13",
      "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
      "\r\n",
    ].join("\r\n"),
  );
  await joined.promise;
  return { leave: () => leave(socket) };
}

/** A client's text frame, masked with zeros. */
function textFrame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}
