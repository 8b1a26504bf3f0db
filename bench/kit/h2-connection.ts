import { connect, type Socket } from "node:net";
import { flag, frameReader, frameType, h2Frame, h2Opening } from "./h2-frames.ts";
import { type HeaderList, headerBlocks } from "./hpack.ts";

/** One connection over which one method is called, by a client that looks at no more than the ends of streams. */
export interface H2Connection {
  /** Calls; `done` hears of the end. Nothing is written before `flush`, or the end of the turn that reads answers. */
  call(body: Uint8Array, done: () => void): void;
  flush(): void;
  close(): void;
}

export interface H2Endpoint {
  readonly port: number;
  readonly path: string;
  /** Besides the pseudo headers. */
  readonly headers: HeaderList;
}

/** `onFailure` hears of calls that were answered without a message and of a connection that broke. */
export async function openH2(endpoint: H2Endpoint, onFailure: (error: Error) => void): Promise<H2Connection> {
  const { path } = endpoint;
  const socket = await connected(endpoint.port);
  const blocks = requestBlocks(endpoint);
  const headers = h2Frame(frameType.headers, flag.endHeaders, 0, blocks.next);
  const waiting: Buffer[] = [];
  const open = new Map<number, () => void>();
  /** Streams that some of the answer came for: an answer without a message is a failure. */
  const answered = new Set<number>();
  let streamId = 1;

  function call(body: Uint8Array, done: () => void): void {
    const isFirst = streamId === 1;
    const frame = isFirst ? h2Frame(frameType.headers, flag.endHeaders, 0, blocks.first) : Buffer.from(headers);
    frame.writeUInt32BE(streamId, 5);
    waiting.push(frame, h2Frame(frameType.data, flag.endStream, streamId, body));
    open.set(streamId, done);
    streamId += 2;
  }
  function flush(): void {
    if (waiting.length === 0) return;
    socket.write(Buffer.concat(waiting));
    waiting.length = 0;
  }

  const read = frameReader({
    reply: (bytes) => void socket.write(bytes),
    onFrame(type, flags, id, _chunk, start, end) {
      if (type === frameType.data && end > start) answered.add(id);
      const isEnd = (type === frameType.data || type === frameType.headers) && (flags & flag.endStream) !== 0;
      if (!isEnd && type !== frameType.reset) return;
      const done = open.get(id);
      if (done === undefined) return;
      open.delete(id);
      if (answered.delete(id)) done();
      else onFailure(new Error(`${path} was answered without a message`));
    },
  });
  socket.on("data", (chunk: Buffer) => {
    read(chunk);
    flush();
  });
  socket.on("error", onFailure);
  socket.on("close", () => onFailure(new Error(`${path}: the server closed the connection`)));
  socket.write(h2Opening());
  return { call, flush, close: () => leave(socket) };
}

export function requestBlocks({ port, path, headers }: H2Endpoint) {
  return headerBlocks([
    [":method", "POST"],
    [":scheme", "http"],
    [":authority", `127.0.0.1:${port}`],
    [":path", path],
    ...headers,
  ]);
}

export function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}

/** Cuts a connection off, as someone who vanishes does. */
export function leave(socket: Socket): void {
  socket.removeAllListeners("close");
  socket.destroy();
}
