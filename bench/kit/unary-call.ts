import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { ChatService, SendMessageRequestSchema } from "../../gen/veza/chat/v1/chat_service_pb.ts";
import type { HeaderList } from "./hpack.ts";

/** The call that unary servers are measured with: a method of the contract whose request has a handful of rules. */
export const unaryPath = `/${ChatService.typeName}/SendMessage`;

const request = create(SendMessageRequestSchema, {
  roomId: "01929d3c-5b1e-7c3a-9f10-8d2b6f1f0a11",
  content: "Shall we listen to the new record together tonight?",
});

export const unaryBinary: Uint8Array = toBinary(SendMessageRequestSchema, request);
export const unaryJson: Uint8Array = Buffer.from(toJsonString(SendMessageRequestSchema, request));

/** A message as gRPC and the streaming protocols of Connect frame it. */
export function framed(message: Uint8Array): Buffer {
  const bytes = Buffer.alloc(5 + message.length);
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, 5);
  return bytes;
}

export function grpcHeaders(token: string): HeaderList {
  return [
    ["content-type", "application/grpc+proto"],
    ["te", "trailers"],
    ["user-agent", "veza-bench"],
    ["authorization", `Bearer ${token}`],
  ];
}

export function jsonHeaders(token: string): HeaderList {
  return [
    ["content-type", "application/json"],
    ["user-agent", "veza-bench"],
    ["authorization", `Bearer ${token}`],
  ];
}

/** For streams in Connect's own protocol. */
export function connectStreamHeaders(token: string): HeaderList {
  return [
    ["content-type", "application/connect+proto"],
    ["user-agent", "veza-bench"],
    ["authorization", `Bearer ${token}`],
  ];
}
