import type { Interceptor } from "@connectrpc/connect";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { TestServices } from "../gateway/test-endpoints.ts";
import { builtInUser } from "../platform/access/principal.ts";
import { principalKey } from "../rpc/principal.ts";
import { requestIdFrom, requestIdKey } from "../rpc/request-id.ts";
import type { ServiceRoutes } from "../rpc/routes.ts";
import type { Elsewhere } from "./elsewhere.ts";
import { testSound } from "./test-sound.ts";

/**
 * Clients that call services as the built-in user: those of this process encoded, checked and stored like any other call,
 * those of others over the wire.
 */
export function testServicesOf(
  here: readonly ServiceRoutes[],
  interceptor: Interceptor,
  elsewhere: Elsewhere,
): TestServices {
  const inProcess = createRouterTransport(
    (router) => {
      for (const { service, implementation } of here) router.service(service, implementation);
    },
    {
      router: {
        interceptors: [interceptor],
        requestGate: ({ values }) =>
          void values.set(principalKey, builtInUser).set(requestIdKey, requestIdFrom(undefined)),
      },
    },
  );
  return {
    chat: createClient(ChatService, elsewhere.transportOf("chat") ?? inProcess),
    stream: createClient(StreamService, elsewhere.transportOf("stream") ?? inProcess),
    sound: testSound,
  };
}
