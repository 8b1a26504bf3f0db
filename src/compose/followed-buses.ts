import { BusRelayService } from "#gen/veza/internal/v1/bus_relay_service_pb.ts";
import type { Platform } from "../platform/platform.ts";
import { followBus } from "../rpc/peers/followed-bus.ts";
import type { Elsewhere } from "./elsewhere.ts";

/** What each service says that others listen to. */
const heardByOthers = { auth: ["auth.>"], chat: ["chat.user.>"] } as const;

/** Without NATS, brings what services elsewhere say to the bus of this process. */
export function followBuses(needs: { platform: Platform; elsewhere: Elsewhere }): AsyncDisposable {
  const { platform, elsewhere } = needs;
  const followed = new AsyncDisposableStack();
  if (platform.isShared) return followed;
  for (const neighbour of ["auth", "chat"] as const) {
    if (elsewhere.upstreamOf(neighbour) === undefined || platform.config.elsewhere[neighbour] === undefined) continue;
    const client = elsewhere.clientOf(neighbour, BusRelayService);
    followed.use(followBus({ ...platform, client, subjects: heardByOthers[neighbour] }));
  }
  return followed;
}
