export const frameType = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 } as const;
export const flag = { endStream: 1, ack: 1, endHeaders: 4 } as const;

export function h2Frame(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(9 + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(streamId, 5);
  bytes.set(payload, 9);
  return bytes;
}

const largestWindow = 2 ** 31 - 1;

/** What a client sends first: the preface, and windows so large that it never has to think of them again. */
export function h2Opening(): Buffer {
  const settings = Buffer.alloc(6);
  settings.writeUInt16BE(4, 0);
  settings.writeUInt32BE(largestWindow, 2);
  const update = Buffer.alloc(4);
  update.writeUInt32BE(largestWindow - 65_535);
  return Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    h2Frame(frameType.settings, 0, 0, settings),
    h2Frame(frameType.windowUpdate, 0, 0, update),
  ]);
}

const settingsAck = h2Frame(frameType.settings, flag.ack, 0, new Uint8Array(0));

export interface FrameHandler {
  /** `chunk` from `start` to `end` is the payload; it is gone after the call. */
  onFrame(type: number, flags: number, streamId: number, chunk: Buffer, start: number, end: number): void;
  /** Something to be sent back. */
  reply(bytes: Uint8Array): void;
}

/** Cuts bytes into frames and answers those that HTTP/2 itself wants answered. */
export function frameReader(handler: FrameHandler): (chunk: Buffer) => void {
  let kept: Buffer | undefined;
  return (data) => {
    const chunk = kept === undefined ? data : Buffer.concat([kept, data]);
    kept = undefined;
    let at = 0;
    while (at < chunk.length) {
      const length = chunk.length - at < 9 ? -1 : chunk.readUIntBE(at, 3);
      const end = at + 9 + length;
      if (length === -1 || end > chunk.length) {
        kept = chunk.subarray(at);
        return;
      }
      const type = chunk[at + 3] as number;
      const flags = chunk[at + 4] as number;
      if (type === frameType.settings) {
        if ((flags & flag.ack) === 0) handler.reply(settingsAck);
      } else if (type === frameType.ping) {
        if ((flags & flag.ack) === 0) handler.reply(h2Frame(type, flag.ack, 0, chunk.subarray(at + 9, end)));
      } else if (type === frameType.goAway) {
        throw new Error(`the server ended the connection: ${chunk.subarray(at + 17, end)}`);
      } else {
        handler.onFrame(type, flags, chunk.readUInt32BE(at + 5) & 0x7fffffff, chunk, at + 9, end);
      }
      at = end;
    }
  };
}
