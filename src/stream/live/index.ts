import type { Socket } from "node:net";
import { join } from "node:path";
import type { HttpExchange } from "../../platform/http/http-exchange.ts";
import { limits } from "../../platform/limits.ts";
import type { Platform } from "../../platform/platform.ts";
import { startRounds } from "../../platform/rounds.ts";
import { createLadderPool } from "../audio/index.ts";
import type { CountryOf } from "../country.ts";
import type { LiveNeeds, LivePort } from "../live-port.ts";
import { createListenHttp, type ListenHttp } from "./http.ts";
import { createIcecast } from "./icecast.ts";
import { createIncomingFiles } from "./incoming-file.ts";
import { createIngest } from "./ingest.ts";
import { createLeases } from "./lease.ts";
import { createListening, type Listening } from "./listening.ts";
import { createLiveCounters } from "./live-metrics.ts";
import { createLivePort } from "./live-streams.ts";
import { createMetadataEndpoint } from "./metadata.ts";
import { createOnAirStreams } from "./on-air-streams.ts";
import { createPublishing, type Publishing } from "./publish.ts";
import { createRecordingFiles } from "./recording-files.ts";
import { createServing } from "./serving.ts";
import { createTranscoder } from "./transcoder.ts";

/** What sounds in this process: sources, renditions, listeners, recordings. */
export interface Live extends AsyncDisposable {
  readonly port: LivePort;
  readonly publishing: Publishing;
  readonly listening: Listening;
  readonly http: LiveHttp;
  /** Looks now and then where streams stand that sound here. To be called once, when the domain can be asked. */
  begin(): void;
  /** Takes a connection whose first bytes are a source's request. */
  onSource(socket: Socket, firstBytes: Uint8Array): void;
}

/** Everything that is heard or sent over plain HTTP. */
export interface LiveHttp extends ListenHttp {
  /** A source whose request has a length or chunks. */
  source(exchange: HttpExchange): void;
  /** A source that says what is playing. */
  metadata(exchange: HttpExchange): void;
}

/**
 * `domain` is not asked before a source or a listener comes. `shutdown` is aborted when the process is about to stop:
 * then everyone who is connected is let go.
 */
export function createLive(needs: {
  platform: Platform;
  domain: () => LiveNeeds;
  countryOf: CountryOf;
  shutdown: AbortSignal;
}): Live {
  const { platform } = needs;
  const { domain } = needs;
  const { bus, log, clock, metrics, revocations, config } = platform;
  const counters = createLiveCounters(metrics);
  const built = new AsyncDisposableStack();
  const admission = () => needs.domain().admission;
  const onAir = () => needs.domain().onAir;

  const ladders = built.use(
    createLadderPool({ broke: (error) => log.error({ err: error }, "a thread that encodes sound broke") }),
  );
  const leases = createLeases({ clock });
  const ingest = createIngest({ leases, streams: () => streams, onAir, log });
  const streams = built.use(
    createOnAirStreams({
      domain,
      ladders,
      counters,
      bus,
      log,
      onSound(air) {
        serving.announce(air.stream.id);
        if (air.isLeading) onAir().soundChanged(air.stream.id, air.sound);
      },
      onHomeLost(streamId) {
        leases.revoke(streamId);
        serving.forget(streamId);
      },
      onOver(streamId) {
        port
          .stop(streamId)
          .catch((error: unknown) => log.error({ err: error, stream_id: streamId }, "ending a stream failed"));
      },
      onTick(now) {
        ingest.tick(now);
        serving.tick(now);
        for (const streamId of leases.expired()) {
          onAir()
            .sourceGone(streamId)
            .catch((error: unknown) => log.error({ err: error, stream_id: streamId }, "ending a stream failed"));
        }
      },
    }),
  );
  const serving = built.use(createServing({ bus, streams: () => streams }));
  const listening = built.use(createListening({ admission, streams, revocations, clock }));
  const files = createRecordingFiles(join(config.dataDir, "recordings"), platform.files);
  const transcoder = built.use(createTranscoder({ log }));
  const incoming = createIncomingFiles({ ingest, transcoder });
  const icecast = createIcecast({ admission, files: incoming, log });
  const port = built.use(
    createLivePort({
      onAir,
      streams,
      leases,
      serving,
      listening,
      ladders,
      files,
      shutdown: needs.shutdown,
      log,
      metrics,
      counters,
    }),
  );

  const publishing = createPublishing({ domain, ingest });

  needs.shutdown.addEventListener("abort", () => {
    ingest.end();
    listening.endHttp();
  });

  return {
    port,
    publishing: publishing,
    listening,
    http: {
      ...createListenHttp({ admission, listening, files, countryOf: needs.countryOf, log }),
      source: icecast.put,
      metadata: createMetadataEndpoint({ admission, onAir, log }),
    },
    begin() {
      const { calls, instances } = domain();
      serving.answer(calls);
      publishing.answer(calls);
      if (!platform.isShared) return;
      const rechecking = built.use(
        startRounds({
          name: "looking where streams stand",
          everyMs: limits.live.recheckMs,
          log,
          round: streams.recheck,
        }),
      );
      built.use(bus.onGap(() => rechecking.ring()));
      built.use(instances.onReturned(() => rechecking.ring()));
    },
    onSource: icecast.onSource,
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  };
}
