import type { Socket } from "node:net";
import { connected, type H2Endpoint, leave, requestBlocks } from "./h2-connection.ts";
import { flag, frameReader, frameType, h2Frame, h2Opening } from "./h2-frames.ts";

/** Somebody who follows a stream over a connection of their own. */
export interface Subscriber {
  leave(): void;
}

/**
 * Opens a stream over HTTP/2 and hears of each message on it: of its first byte, which is the tag of the field that it
 * holds, and of where all of it is, which is gone after the call. Resolves once the request is written.
 */
export async function subscribeH2(
  endpoint: H2Endpoint,
  body: Uint8Array,
  onMessage: (tag: number, bytes: Buffer, start: number, end: number) => void,
  onOver: (error: Error) => void,
): Promise<Subscriber> {
  const socket: Socket = await connected(endpoint.port);
  let pending: Buffer | undefined;
  const read = frameReader({
    reply: (bytes) => void socket.write(bytes),
    onFrame(type, flags, _id, chunk, start, end) {
      if (type === frameType.reset || (type !== frameType.data && (flags & flag.endStream) !== 0)) {
        onOver(new Error("the server ended the stream"));
      }
      if (type !== frameType.data) return;
      const bytes =
        pending === undefined ? chunk.subarray(start, end) : Buffer.concat([pending, chunk.subarray(start, end)]);
      pending = undefined;
      let at = 0;
      while (at < bytes.length) {
        const length = bytes.length - at < 5 ? Number.POSITIVE_INFINITY : bytes.readUInt32BE(at + 1);
        if (at + 5 + length > bytes.length) {
          pending = Buffer.from(bytes.subarray(at));
          return;
        }
        onMessage(length === 0 ? 0 : (bytes[at + 5] as number), bytes, at + 5, at + 5 + length);
        at += 5 + length;
      }
    },
  });
  socket.on("data", read);
  socket.on("error", onOver);
  socket.on("close", () => onOver(new Error("the server closed the connection")));
  socket.write(
    Buffer.concat([
      h2Opening(),
      h2Frame(frameType.headers, flag.endHeaders, 1, requestBlocks(endpoint).first),
      h2Frame(frameType.data, flag.endStream, 1, body),
    ]),
  );
  return { leave: () => leave(socket) };
}
