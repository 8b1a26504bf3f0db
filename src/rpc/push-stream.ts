import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { fromBinary } from "@bufbuild/protobuf";

/**
 * A response stream that writes ready-made frames instead of being asked for message after message. What goes to a
 * thousand readers is encoded once; a reader costs one write. It can still be read as messages, by what knows only that.
 */
export interface PushStream<Message> extends AsyncIterable<Message> {
  readonly [pushing]: (sink: PushSink) => void;
}

const pushing: unique symbol = Symbol("push");

/** Where a push stream writes. */
export interface PushSink {
  readonly format: "proto" | "json";
  /**
   * Takes whole frames: one or several of `[0][length: u32 big-endian][message]`, the same bytes in gRPC, gRPC-Web and
   * Connect. Returns false when the reader is behind: then write no more before `onDrain` calls.
   */
  write(frames: Uint8Array): boolean;
  /** One listener: whoever writes. */
  onDrain(listener: () => void): void;
  /** Ends the stream, well or with an error. Later writes are ignored. */
  end(error?: unknown): void;
  /** Calls back once when the stream is over, whoever ended it. */
  onClose(listener: () => void): void;
}

/** How many bytes stand before a message in its frame. */
export const framePrefix = 5;

/** One message as a frame. */
export function frame(message: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(framePrefix + message.length);
  bytes.set(message, framePrefix);
  return framed(bytes);
}

/** Makes a frame of a message that has the room for the prefix before it. */
export function framed(bytes: Uint8Array): Uint8Array {
  const length = bytes.length - framePrefix;
  bytes[0] = 0;
  bytes[1] = length >>> 24;
  bytes[2] = length >>> 16;
  bytes[3] = length >>> 8;
  bytes[4] = length;
  return bytes;
}

/**
 * Makes a push stream of a function that is given the sink. The request's headers are gone once it has been called: who
 * wants one reads it before. `schema` is for those who read it as messages.
 */
export function pushStream<Desc extends DescMessage>(
  schema: Desc,
  push: (sink: PushSink) => void,
): PushStream<MessageShape<Desc>> {
  return { [pushing]: push, [Symbol.asyncIterator]: () => pull(schema, push) };
}

export function isPushStream<Message>(stream: AsyncIterable<Message>): stream is PushStream<Message> {
  return pushing in stream;
}

/** Starts the stream. */
export function push(stream: PushStream<unknown>, sink: PushSink): void {
  stream[pushing](sink);
}

/** Frames back into messages, holding the stream up while nobody asks. */
async function* pull<Desc extends DescMessage>(
  schema: Desc,
  start: (sink: PushSink) => void,
): AsyncGenerator<MessageShape<Desc>> {
  let frames: Uint8Array[] = [];
  let over = false;
  let failed: unknown;
  let wake: () => void = () => undefined;
  const drained: (() => void)[] = [];
  const closed: (() => void)[] = [];
  start({
    format: "proto",
    write(bytes) {
      frames.push(bytes);
      wake();
      return false;
    },
    onDrain: (listener) => drained.push(listener),
    end(error) {
      over = true;
      failed = error;
      wake();
    },
    onClose: (listener) => closed.push(listener),
  });
  try {
    for (;;) {
      const taken = frames;
      frames = [];
      for (const bytes of taken) {
        const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
        for (let at = 0; at < view.length; ) {
          const length = view.readUInt32BE(at + 1);
          yield fromBinary(schema, view.subarray(at + 5, at + 5 + length));
          at += 5 + length;
        }
      }
      if (frames.length > 0) continue;
      if (over) break;
      const more = new Promise<void>((resolve) => {
        wake = resolve;
      });
      for (const listener of drained) listener();
      if (frames.length === 0 && !over) await more;
    }
    if (failed !== undefined) throw failed;
  } finally {
    over = true;
    for (const listener of closed) listener();
  }
}
