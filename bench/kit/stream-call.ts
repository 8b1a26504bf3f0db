import { create, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { ChatEventSchema } from "../../gen/veza/chat/v1/chat_event_pb.ts";
import { ChatService, SubscribeToChatEventsResponseSchema } from "../../gen/veza/chat/v1/chat_service_pb.ts";
import { MessageType } from "../../gen/veza/chat/v1/message_pb.ts";

export const streamPath = `/${ChatService.typeName}/SubscribeToChatEvents`;

/** What is said in the room; peers send the same event. */
export const said = "Shall we listen to the new record together tonight?";

const roomId = "01929d3c-5b1e-7c3a-9f10-8d2b6f1f0a11";
let sequence = 0n;

/** An event like those that a sent message makes. */
export function eventResponse(): MessageShape<typeof SubscribeToChatEventsResponseSchema> {
  sequence += 1n;
  const at = timestampFromMs(Date.now());
  const message = {
    id: "01929d3c-5b1e-7c3a-9f10-8d2b6f1f0a12",
    roomId,
    senderId: "17",
    senderUsername: "somebody",
    content: said,
    type: MessageType.TEXT,
    createdAt: at,
    sequence,
  };
  return create(SubscribeToChatEventsResponseSchema, {
    frame: {
      case: "event",
      value: create(ChatEventSchema, {
        roomId,
        sequence,
        occurredAt: at,
        actorId: "17",
        payload: { case: "messageSent", value: { message } },
      }),
    },
  });
}

export function eventBinary(): Uint8Array {
  return toBinary(SubscribeToChatEventsResponseSchema, eventResponse());
}

/** The first byte of a frame of each kind: the tag of the field of its `oneof`. */
export const frameTag = {
  hello: 0x0a,
  event: 0x12,
  signal: 0x1a,
  caughtUp: 0x22,
  heartbeat: 0x2a,
  closing: 0x32,
} as const;
