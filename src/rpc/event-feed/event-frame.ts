import { frame, type PushSink } from "../push-stream.ts";

export type Format = PushSink["format"];

/** How the events of one service, or its signals, become frames of its response. */
export interface EventForm {
  /** The number of the response's field that holds one. */
  readonly field: number;
  /** The response that holds the one of this body, in JSON. */
  toJson(body: Uint8Array): string;
}

const lengthDelimited = 2;

/**
 * An event or a signal as every follower gets it, made from its stored bytes: they become the field of the response as
 * they are. The JSON form is made when the first follower asks for it, and kept.
 */
export class EventFrame {
  /** 0 for a signal, which has no number. */
  readonly sequence: number;
  readonly body: Uint8Array;
  readonly #form: EventForm;
  #proto: Uint8Array | undefined;
  #json: Uint8Array | undefined;

  constructor(sequence: number, body: Uint8Array, form: EventForm) {
    this.sequence = sequence;
    this.body = body;
    this.#form = form;
  }

  /** What it takes in memory, about. */
  get size(): number {
    return this.body.length + 64;
  }

  bytes(format: Format): Uint8Array {
    if (format === "proto") {
      this.#proto ??= protoFrame(this.body, this.#form.field);
      return this.#proto;
    }
    this.#json ??= frame(Buffer.from(this.#form.toJson(this.body)));
    return this.#json;
  }
}

function protoFrame(body: Uint8Array, field: number): Uint8Array {
  const length: number[] = [];
  let rest = body.length;
  while (rest > 0x7f) {
    length.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  length.push(rest);
  const tag = (field << 3) | lengthDelimited;
  return frame(Buffer.concat([Uint8Array.of(tag, ...length), body]));
}

/** Several events as one piece of bytes, so that a follower is written to once. */
export function joined(frames: readonly EventFrame[], format: Format): Uint8Array {
  if (frames.length === 1) return (frames[0] as EventFrame).bytes(format);
  return Buffer.concat(frames.map((each) => each.bytes(format)));
}
