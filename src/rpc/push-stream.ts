import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { fromBinary } from "@bufbuild/protobuf";

/**
 * A response stream that writes ready-made frames instead of being asked for message after message. What goes to a
 * thousand readers is encoded once; a reader costs one write. It can still be read as messages, by what knows only that.
 */
export interface PushStream<Message> extends AsyncIterable<Message> {
  readonly [pushing]: (sink: PushSink) => void;
  readonly [messages]: DescMessage;
}

const pushing: unique symbol = Symbol("push");
const messages: unique symbol = Symbol("messages");

/** Where a push stream writes. Its functions stand for themselves: none needs to be called on the sink. */
export interface PushSink {
  readonly format: "proto" | "json";
  /**
   * Takes whole frames: one or several of `[0][length: u32 big-endian][message]`, the same bytes in gRPC, gRPC-Web and
   * Connect. Returns false when the reader is behind: then write no more before `onDrain` calls.
   */
  write(frames: Uint8Array): boolean;
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

/** Makes a push stream of a function that is given the sink. `schema` is for those who read it as messages. */
export function pushStream<Desc extends DescMessage>(
  schema: Desc,
  push: (sink: PushSink) => void,
): PushStream<MessageShape<Desc>> {
  return { [pushing]: push, [messages]: schema, [Symbol.asyncIterator]: () => pull(schema, push) };
}

export function isPushStream<Message>(stream: AsyncIterable<Message>): stream is PushStream<Message> {
  return pushing in stream;
}

/** Starts the stream. */
export function push(stream: PushStream<unknown>, sink: PushSink): void {
  stream[pushing](sink);
}

/** The same stream, with some of what it does to its sink done differently. */
export function tapPushStream<Message>(
  stream: PushStream<Message>,
  tap: (sink: PushSink) => Pick<Partial<PushSink>, "end">,
): PushStream<Message> {
  const tapped = (sink: PushSink) => stream[pushing](new TappedSink(sink, tap(sink)));
  return pushStream(stream[messages], tapped) as PushStream<unknown> as PushStream<Message>;
}

/**
 * A sink that does itself what the tap does. The rest is the sink's own function, not a call to it: a stream is tapped
 * several times, and a write costs as much as if it were not.
 */
class TappedSink implements PushSink {
  readonly format: PushSink["format"];
  readonly write: PushSink["write"];
  readonly onDrain: PushSink["onDrain"];
  readonly onClose: PushSink["onClose"];
  readonly end: PushSink["end"];

  constructor(sink: PushSink, tap: Pick<Partial<PushSink>, "end">) {
    this.format = sink.format;
    this.write = sink.write;
    this.onDrain = sink.onDrain;
    this.onClose = sink.onClose;
    this.end = tap.end ?? sink.end;
  }
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
