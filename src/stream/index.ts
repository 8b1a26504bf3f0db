import type { Socket } from "node:net";
import { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { AccountExporter } from "../platform/peers/account-export.ts";
import type { StreamPeer } from "../platform/peers/peers.ts";
import type { Platform } from "../platform/platform.ts";
import { routes, type ServiceRoutes } from "../rpc/routes.ts";
import { countryFromHeader } from "./country.ts";
import { createLive, type Live, type LiveHttp } from "./live/index.ts";
import { liveHandlers } from "./rpc/live.ts";
import { createStreamService, type StreamPeers } from "./service.ts";

/** Live audio: streams, those who broadcast and those who listen. */
export interface Streams extends AsyncDisposable {
  readonly routes: ServiceRoutes;
  readonly peer: StreamPeer;
  readonly exporter: AccountExporter;
  /** Sound over plain HTTP. */
  readonly http: LiveHttp;
  /** Takes a connection of a source whose request no parser of HTTP could read, with what was read of it. */
  onSource(socket: Socket, firstBytes: Uint8Array): void;
  /** Takes up what the process before left. To be called once, when `peers` can be asked and before anyone comes. */
  begin(): Promise<void>;
}

/**
 * Brings the tables into shape and opens the service. `peers` is not asked before `begin`, and `publicUrl`, what URLs
 * start with that are handed out, not before a call. `shutdown` is aborted when the process is about to stop.
 */
export async function createStreams(needs: {
  platform: Platform;
  peers: () => StreamPeers;
  publicUrl: () => string;
  shutdown: AbortSignal;
}): Promise<Streams> {
  const { platform, peers, publicUrl, shutdown } = needs;
  const countryOf = countryFromHeader({ header: platform.config.countryHeader, proxies: platform.proxies });
  await using built = new AsyncDisposableStack();
  const service = built.use(
    await createStreamService({ platform, peers, live: () => live.port, publicUrl, countryOf }),
  );
  const live: Live = built.use(createLive({ platform, domain: () => service, shutdown, countryOf: service.countryOf }));
  const running = built.move();
  return {
    routes: routes(StreamService, { ...service.handlers, ...liveHandlers({ ...live, countryOf: service.countryOf }) }),
    peer: service.peer,
    exporter: service.exporter,
    http: live.http,
    onSource: live.onSource,
    async begin() {
      await service.begin();
      live.begin();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
