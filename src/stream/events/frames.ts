import { create, fromBinary, type MessageInitShape, toBinary, toJsonString } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { StreamEventSchema, type StreamEventType } from "#gen/veza/stream/v1/stream_event_pb.ts";
import {
  SubscribeToStreamEventsResponseSchema as ResponseSchema,
  type SubscribeToStreamEventsResponse,
} from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { EventFilter } from "../../rpc/event-feed/event-feed.ts";
import type { EventForm, Format } from "../../rpc/event-feed/event-frame.ts";
import { frame } from "../../rpc/push-stream.ts";

type Kinds = Exclude<SubscribeToStreamEventsResponse["frame"], { case: undefined }>;
type Content = MessageInitShape<typeof ResponseSchema>["frame"] & { case: Kinds["case"] };

/** One frame for one follower. */
export function followerFrame(format: Format, content: Content): Uint8Array {
  const message = create(ResponseSchema, { frame: content });
  return frame(
    format === "proto" ? toBinary(ResponseSchema, message) : Buffer.from(toJsonString(ResponseSchema, message)),
  );
}

/** How the events of streams become frames. */
export const streamEventForm: EventForm = {
  field: ResponseSchema.field.event.number,
  toJson(body) {
    const value = fromBinary(StreamEventSchema, body);
    return toJsonString(ResponseSchema, create(ResponseSchema, { frame: { case: "event", value } }));
  },
};

/** The payload of each kind has the number of the kind, and nine more: `listener_joined = 10` is 1. */
const firstPayload = StreamEventSchema.field.listenerJoined.number;

/** The kind of a stored event, read off its fields without decoding them. */
function kindOf(body: Uint8Array): StreamEventType | undefined {
  const reader = new BinaryReader(body);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field >= firstPayload) return (field - firstPayload + 1) as StreamEventType;
    reader.skip(wireType, field);
  }
  return undefined;
}

/** Undefined for who follows all kinds. */
export function filterOf(kinds: readonly StreamEventType[]): EventFilter | undefined {
  if (kinds.length === 0) return undefined;
  const wanted = new Set(kinds);
  return {
    key: [...wanted].sort((a, b) => a - b).join(" "),
    takes(body) {
      const kind = kindOf(body);
      return kind !== undefined && wanted.has(kind);
    },
  };
}
