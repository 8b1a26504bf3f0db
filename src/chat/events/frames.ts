import { create, fromBinary, type MessageInitShape, toBinary, toJsonString } from "@bufbuild/protobuf";
import { ChatEventSchema, ChatSignalSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import {
  SubscribeToChatEventsResponseSchema as ResponseSchema,
  type SubscribeToChatEventsResponse,
} from "#gen/veza/chat/v1/chat_service_pb.ts";
import { frame, type PushSink } from "../../rpc/push-stream.ts";

export type Format = PushSink["format"];

type Kinds = Exclude<SubscribeToChatEventsResponse["frame"], { case: undefined }>;

/** One frame for one follower. */
export function followerFrame(
  format: Format,
  content: MessageInitShape<typeof ResponseSchema>["frame"] & { case: Kinds["case"] },
): Uint8Array {
  const message = create(ResponseSchema, { frame: content });
  return frame(
    format === "proto" ? toBinary(ResponseSchema, message) : Buffer.from(toJsonString(ResponseSchema, message)),
  );
}

const eventField = ResponseSchema.field.event.number;
const lengthDelimited = 2;
const eventTag = (eventField << 3) | lengthDelimited;

/**
 * An event as every follower gets it, made from its stored bytes: they become the field of the response as they are.
 * The JSON form is made when the first follower asks for it, and kept.
 */
export class EventFrame {
  readonly sequence: number;
  readonly #body: Uint8Array;
  #proto: Uint8Array | undefined;
  #json: Uint8Array | undefined;

  constructor(sequence: number, body: Uint8Array) {
    this.sequence = sequence;
    this.#body = body;
  }

  /** What it takes in memory, about. */
  get size(): number {
    return this.#body.length + 64;
  }

  bytes(format: Format): Uint8Array {
    if (format === "proto") {
      this.#proto ??= protoFrame(this.#body);
      return this.#proto;
    }
    this.#json ??= followerFrame("json", { case: "event", value: fromBinary(ChatEventSchema, this.#body) });
    return this.#json;
  }
}

function protoFrame(body: Uint8Array): Uint8Array {
  const length: number[] = [];
  let rest = body.length;
  while (rest > 0x7f) {
    length.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  length.push(rest);
  const message = Buffer.allocUnsafe(5 + 1 + length.length + body.length);
  message[0] = 0;
  message.writeUInt32BE(1 + length.length + body.length, 1);
  message[5] = eventTag;
  message.set(length, 6);
  message.set(body, 6 + length.length);
  return message;
}

/** A signal as every follower gets it, made when the first one asks for its form. */
export class SignalFrame {
  readonly #body: Uint8Array;
  readonly #made: { proto?: Uint8Array; json?: Uint8Array } = {};

  constructor(body: Uint8Array) {
    this.#body = body;
  }

  bytes(format: Format): Uint8Array {
    this.#made[format] ??= followerFrame(format, { case: "signal", value: fromBinary(ChatSignalSchema, this.#body) });
    return this.#made[format];
  }
}

/** Several events as one piece of bytes, so that a follower is written to once. */
export function joined(frames: readonly EventFrame[], format: Format): Uint8Array {
  if (frames.length === 1) return (frames[0] as EventFrame).bytes(format);
  return Buffer.concat(frames.map((each) => each.bytes(format)));
}
