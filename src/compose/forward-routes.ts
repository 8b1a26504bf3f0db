import type { DescService } from "@bufbuild/protobuf";
import { AuthService } from "#gen/veza/auth/v1/auth_service_pb.ts";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { ForwardRoute } from "../net/forward/forward.ts";
import type { Elsewhere } from "./elsewhere.ts";

/** The services that a gateway answers for, wherever they run. */
export const contract: readonly DescService[] = [AuthService, ChatService, StreamService];

/** What a gateway passes on when a part runs elsewhere: its calls, and its paths that are no calls. */
const passedOn = [
  { neighbour: "chat", services: [ChatService], paths: ["/files", "/files/"] },
  {
    neighbour: "stream",
    services: [StreamService],
    paths: ["/live/", "/listen/", "/recordings/", "/admin/metadata"],
  },
] as const;

export function forwardRoutes(elsewhere: Elsewhere): ForwardRoute[] {
  return passedOn.flatMap(({ neighbour, services, paths }) => {
    const upstream = elsewhere.upstreamOf(neighbour);
    return upstream === undefined ? [] : [{ upstream, services, paths }];
  });
}
