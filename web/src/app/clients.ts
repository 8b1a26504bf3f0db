import type { Client, Transport } from "@connectrpc/connect";
import type { AuthService } from "#gen/veza/auth/v1/auth_service_pb.ts";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";

export interface Clients {
  readonly auth: Client<typeof AuthService>;
  readonly chat: Client<typeof ChatService>;
  readonly stream: Client<typeof StreamService>;
}

const DEADLINE_MS = 15_000;

/** Gives every unary call an end: a person waits for an answer, and a lost network may never send one. */
export function withDeadlines(transport: Transport): Transport {
  return {
    ...transport,
    unary: (method, signal, timeoutMs, ...rest) => transport.unary(method, signal, timeoutMs ?? DEADLINE_MS, ...rest),
  };
}
