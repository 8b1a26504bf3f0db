import type { ServiceImpl } from "@connectrpc/connect";
import { type StreamService, SubscribeToStreamEventsResponseSchema } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { principalOf } from "../../rpc/principal.ts";
import { pushStream } from "../../rpc/push-stream.ts";
import type { Following } from "../events/following.ts";

/** Not a generator: the stream writes frames that all followers share. */
export function eventHandlers(needs: { following: Following }): Partial<ServiceImpl<typeof StreamService>> {
  const { following } = needs;
  return {
    subscribeToStreamEvents(request, context) {
      const caller = principalOf(context);
      return pushStream(SubscribeToStreamEventsResponseSchema, (sink) => {
        following.follow(caller, request, context.signal, sink).catch((error: unknown) => sink.end(error));
      });
    },
  };
}
