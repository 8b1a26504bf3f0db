import { connected, type H2Endpoint, leave } from "./h2-connection.ts";
import type { Subscriber } from "./h2-subscriber.ts";

const headEnd = Buffer.from("\r\n\r\n");
const lineEnd = Buffer.from("\r\n");

/** Opens a stream over HTTP/1.1, whose body comes in chunks, and hears of the first byte of each message on it. */
export async function subscribeH1(
  { port, path, headers }: H2Endpoint,
  body: Uint8Array,
  onMessage: (tag: number) => void,
  onOver: (error: Error) => void,
): Promise<Subscriber> {
  const socket = await connected(port);
  let pending: Buffer | undefined;
  let begun = false;
  socket.on("data", (data: Buffer) => {
    const bytes = pending === undefined ? data : Buffer.concat([pending, data]);
    pending = undefined;
    let at = 0;
    if (!begun) {
      const end = bytes.indexOf(headEnd);
      if (end === -1) {
        pending = bytes;
        return;
      }
      if (!bytes.toString("latin1", 0, 12).endsWith("200")) return onOver(new Error(`no stream: ${bytes}`));
      begun = true;
      at = end + 4;
    }
    while (at < bytes.length) {
      const line = bytes.indexOf(lineEnd, at);
      const size = line === -1 ? Number.NaN : Number.parseInt(bytes.toString("latin1", at, line), 16);
      const start = line + 2;
      if (size === 0) return onOver(new Error("the server ended the stream"));
      if (Number.isNaN(size) || start + size + 2 > bytes.length) {
        pending = Buffer.from(bytes.subarray(at));
        return;
      }
      // Every chunk is a write of the server's, and it writes whole frames.
      for (let frame = start; frame < start + size; frame += 5 + bytes.readUInt32BE(frame + 1)) {
        onMessage(bytes[frame + 5] as number);
      }
      at = start + size + 2;
    }
  });
  socket.on("error", onOver);
  socket.on("close", () => onOver(new Error("the server closed the connection")));
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    `content-length: ${body.length}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ];
  socket.write(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]));
  return { leave: () => leave(socket) };
}
