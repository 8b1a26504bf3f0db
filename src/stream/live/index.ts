import type { Socket } from "node:net";
import { join } from "node:path";
import type { HttpExchange } from "../../platform/http/http-exchange.ts";
import type { Platform } from "../../platform/platform.ts";
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
import { createTranscoder } from "./transcoder.ts";

/** What sounds in this process: sources, renditions, listeners, recordings. */
export interface Live extends AsyncDisposable {
  readonly port: LivePort;
  readonly publishing: Publishing;
  readonly listening: Listening;
  readonly http: LiveHttp;
  /** Gives the sources of streams that are on air already their time to return: the process before this one had them. */
  expectSources(): void;
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
  const { log, clock, metrics, revocations, config } = platform;
  const counters = createLiveCounters(metrics);
  const built = new AsyncDisposableStack();
  const admission = () => needs.domain().admission;
  const onAir = () => needs.domain().onAir;

  const ladders = built.use(
    createLadderPool({ broke: (error) => log.error({ err: error }, "a thread that encodes sound broke") }),
  );
  const leases = createLeases({ clock });
  const ingest = createIngest({ leases, onAir, log });
  const streams = built.use(
    createOnAirStreams({
      ladders,
      counters,
      onSound: (streamId, sound) => onAir().soundChanged(streamId, sound),
      onTick(now) {
        ingest.tick(now);
        for (const streamId of leases.expired()) {
          onAir()
            .sourceGone(streamId)
            .catch((error: unknown) => log.error({ err: error, stream_id: streamId }, "ending a stream failed"));
        }
      },
    }),
  );
  const listening = built.use(createListening({ admission, streams, revocations, clock }));
  const files = createRecordingFiles(join(config.dataDir, "recordings"));
  const transcoder = built.use(createTranscoder({ log }));
  const incoming = createIncomingFiles({ ingest, transcoder });
  const icecast = createIcecast({ admission, files: incoming, streams, log });
  const port = built.use(
    createLivePort({
      onAir,
      streams,
      leases,
      listening,
      ladders,
      files,
      shutdown: needs.shutdown,
      log,
      metrics,
      counters,
    }),
  );

  needs.shutdown.addEventListener("abort", () => {
    ingest.end();
    listening.endHttp();
  });

  return {
    port,
    publishing: createPublishing({ admission, ingest, streams }),
    listening,
    http: {
      ...createListenHttp({ admission, listening, files, countryOf: needs.countryOf, log }),
      source: icecast.put,
      metadata: createMetadataEndpoint({ admission, onAir, log }),
    },
    expectSources() {
      for (const { stream } of streams.all()) leases.expect(stream.id);
    },
    onSource: icecast.onSource,
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  };
}
