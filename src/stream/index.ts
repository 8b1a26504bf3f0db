import { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { Failure, Reason } from "../platform/failure.ts";
import type { StreamPeer } from "../platform/peers/peers.ts";
import { routes, type ServiceRoutes } from "../rpc/routes.ts";

export interface Streams {
  readonly routes: ServiceRoutes;
  readonly peer: StreamPeer;
}

/** Live audio. None of its calls is built yet: each answers `unimplemented`, and there is no stream to be allowed into. */
export function createStreams(): Streams {
  return {
    routes: routes(StreamService, {}),
    peer: {
      async streamPermissions() {
        throw new Failure(Reason.STREAM_NOT_FOUND);
      },
    },
  };
}
