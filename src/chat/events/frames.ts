import { create, fromBinary, type MessageInitShape, toBinary, toJsonString } from "@bufbuild/protobuf";
import { ChatEventSchema, ChatSignalSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import {
  SubscribeToChatEventsResponseSchema as ResponseSchema,
  type SubscribeToChatEventsResponse,
} from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { EventForm, Format } from "../../rpc/event-feed/event-frame.ts";
import { frame } from "../../rpc/push-stream.ts";

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

/** How the events of rooms become frames. */
export const roomEventForm: EventForm = {
  field: ResponseSchema.field.event.number,
  toJson(body) {
    const value = fromBinary(ChatEventSchema, body);
    return toJsonString(ResponseSchema, create(ResponseSchema, { frame: { case: "event", value } }));
  },
};

/** How what passes in rooms becomes frames. */
export const roomSignalForm: EventForm = {
  field: ResponseSchema.field.signal.number,
  toJson(body) {
    const value = fromBinary(ChatSignalSchema, body);
    return toJsonString(ResponseSchema, create(ResponseSchema, { frame: { case: "signal", value } }));
  },
};
