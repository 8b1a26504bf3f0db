import type { Interceptor } from "@connectrpc/connect";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { TestServices } from "../gateway/test-endpoints.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { SessionId, UserId } from "../platform/ids.ts";
import { principalKey } from "../rpc/principal.ts";
import { requestIdFrom, requestIdKey } from "../rpc/request-id.ts";
import type { ServiceRoutes } from "../rpc/routes.ts";
import { testSound } from "./test-sound.ts";

/** Who the `/test/*` endpoints act as. No account has its number, and nobody can sign in as it. */
const builtInUser: Principal = {
  userId: "-1" as UserId,
  username: "veza",
  role: "user",
  sessionId: "" as SessionId,
  issuedAt: 0,
  expiresAt: Number.MAX_SAFE_INTEGER,
};

/** Clients that call services of this process as the built-in user: encoded, checked and stored like any other call. */
export function testServicesOf(services: readonly ServiceRoutes[], interceptors: Interceptor[]): TestServices {
  const transport = createRouterTransport(
    (router) => {
      for (const { service, implementation } of services) router.service(service, implementation);
    },
    {
      router: {
        interceptors,
        requestGate: ({ values }) =>
          void values.set(principalKey, builtInUser).set(requestIdKey, requestIdFrom(undefined)),
      },
    },
  );
  return {
    chat: createClient(ChatService, transport),
    stream: createClient(StreamService, transport),
    sound: testSound,
  };
}
