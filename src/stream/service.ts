import type { ServiceImpl } from "@connectrpc/connect";
import type { StreamService as StreamServiceDescription } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { migrate } from "../platform/database/migrate.ts";
import { limits } from "../platform/limits.ts";
import { type AccountExporter, createAccountExporter } from "../platform/peers/account-export.ts";
import type { AuthPeer, ChatPeer, StreamPeer } from "../platform/peers/peers.ts";
import type { Platform } from "../platform/platform.ts";
import { createRequests } from "../platform/requests/requests.ts";
import { createAccess } from "./access.ts";
import { createAccessChecks } from "./access-checks.ts";
import { createAdminActs } from "./admin-acts.ts";
import { createAdmission } from "./admission.ts";
import { createAnalytics } from "./analytics.ts";
import { createAudience } from "./audience.ts";
import { type Background, startBackground } from "./background.ts";
import { createBroadcasts } from "./broadcasts.ts";
import { createChanges } from "./changes.ts";
import { createCome } from "./coming.ts";
import { type CountryOf, unknownCountry } from "./country.ts";
import { createStreamWrites } from "./events/event-log.ts";
import { createFollowing } from "./events/following.ts";
import { createHomes } from "./homes.ts";
import { createInstanceCalls } from "./instance-calls.ts";
import { createInstances } from "./instances.ts";
import { createListeners } from "./listeners.ts";
import type { LiveNeeds, LivePort } from "./live-port.ts";
import { createShowStream } from "./live-view.ts";
import { streamMigrations } from "./migrations.ts";
import { createOnAirEvents } from "./on-air.ts";
import { createOrphans } from "./orphans.ts";
import { createRecordingEnds } from "./recording-ends.ts";
import { createRecordingPlaces } from "./recording-places.ts";
import { createRecordingRecovery } from "./recording-recovery.ts";
import { createRecordings } from "./recordings.ts";
import { createRememberedKeys } from "./remembered-keys.ts";
import { createRoomsOfStreams } from "./rooms-of-streams.ts";
import { accessHandlers } from "./rpc/access.ts";
import { analyticsHandlers } from "./rpc/analytics.ts";
import { broadcastHandlers } from "./rpc/broadcasts.ts";
import { eventHandlers } from "./rpc/events.ts";
import { listenerHandlers } from "./rpc/listeners.ts";
import { recordingHandlers } from "./rpc/recordings.ts";
import { streamHandlers } from "./rpc/streams.ts";
import { createSqlStores } from "./store/index.ts";
import { createStreams } from "./streams.ts";
import type { StreamTables } from "./tables.ts";
import { createUrls } from "./urls.ts";

/** What stream asks of other services. */
export interface StreamPeers {
  readonly auth: AuthPeer;
  readonly chat: ChatPeer;
}

/** Streams, who broadcasts and who listens: all of live audio but the sound itself. */
export interface StreamService extends LiveNeeds, AsyncDisposable {
  readonly handlers: Partial<ServiceImpl<typeof StreamServiceDescription>>;
  readonly peer: StreamPeer;
  readonly exporter: AccountExporter;
  /** Where calls come from, for the calls of the live part. */
  readonly countryOf: CountryOf;
  /**
   * Says that this instance runs, and takes up what those left that are gone. To be called once, when the live part is
   * there, before sources and listeners come.
   */
  begin(): Promise<void>;
}

/**
 * Brings the tables into shape and opens the service. `peers` and `live` are not asked before the turn in which this
 * resolves ends. `publicUrl` is what URLs start with that are handed out.
 */
export async function createStreamService(needs: {
  platform: Platform;
  peers: () => StreamPeers;
  live: () => LivePort;
  publicUrl: () => string;
  countryOf?: CountryOf;
}): Promise<StreamService> {
  const { platform, peers, live, countryOf = unknownCountry } = needs;
  const { bus, clock, log, metrics } = platform;
  await migrate(platform.database, "stream", streamMigrations);
  const database = platform.database.withTables<StreamTables>("stream");
  const { read } = database;
  const chat = () => peers().chat;
  const auth = () => peers().auth;
  await using built = new AsyncDisposableStack();

  const stores = createSqlStores(database);
  const { streams, listeners } = stores;
  const urls = createUrls(needs.publicUrl);
  const show = createShowStream({ live, clock });
  const writes = createStreamWrites({ database, store: stores.events, bus, metrics });
  const access = createAccess({ read, streams, rooms: chat });
  const requests = createRequests({ store: stores.requests, database, clock });
  const rooms = createRoomsOfStreams({ database, streams, chat });
  const { isShared } = platform;
  const instances = built.use(createInstances({ database, store: stores.instances, isShared, log }));
  const calls = built.use(createInstanceCalls({ bus, instances }));
  const changes = createChanges({ bus, instance: instances.id, live });
  const floor = {
    ...{ database, writes, bus, clock, log, metrics, streams, listeners, requests, access, live },
    ...{ instances, calls, changes },
  };

  const acts = createAdminActs({ database, store: stores.adminActs, clock, auth });
  const audience = built.use(createAudience(floor));
  const come = createCome({ clock, instance: instances.id, listeners, live });
  const recording = { ...floor, acts, recordings: stores.recordings, urls, places: createRecordingPlaces(floor) };
  const ends = createRecordingEnds(recording);
  const recovery = createRecordingRecovery({ ...recording, ends });
  const recordings = createRecordings({ ...recording, ends, recovery });
  const recordingStore = stores.recordings;
  const broadcasts = createBroadcasts({ ...floor, acts, recordingStore, recordings, ends, audience });
  const orphans = createOrphans({ ...floor, homes: stores.homes, recovery, broadcasts });
  const following = built.use(createFollowing({ ...floor, store: stores.events, show }));
  const checks = createAccessChecks({ access, auth });

  const onAir = createOnAirEvents({ ...floor, homes: stores.homes, instance: instances.id, broadcasts, ends });

  let background: Background | undefined;
  const handlers = {
    ...streamHandlers({
      streams: createStreams({
        ...floor,
        acts,
        rooms,
        audience,
        keys: createRememberedKeys({ clock }),
        show,
        tidyUp: () => background?.tidyUp(),
      }),
      show,
      urls,
    }),
    ...broadcastHandlers({ broadcasts, show, urls }),
    ...listenerHandlers({ listeners: createListeners({ ...floor, audience, come }), urls, countryOf }),
    ...recordingHandlers({ recordings }),
    ...analyticsHandlers({ analytics: createAnalytics({ ...floor, audience }), clock }),
    ...accessHandlers({ checks }),
    ...eventHandlers({ following }),
  };

  /** Sources that come back elsewhere find no home in the way. */
  async function leaveHomes(): Promise<void> {
    const sourceUntil = clock.now() + limits.live.sourceReturnMs;
    await database.write((tx) => stores.homes.leaveAll(tx, instances.id, sourceUntil));
  }

  const running = built.move();
  return {
    handlers,
    exporter: createAccountExporter(stores.exports.sections(read)),
    peer: { streamPermissions: checks.streamPermissions },
    countryOf,
    admission: createAdmission({ ...floor, audience, broadcasts, recordings, come }),
    onAir,
    homes: createHomes({ ...floor, store: stores.homes }),
    instances,
    calls,
    async begin() {
      await instances.begin();
      await orphans.takeOver();
      if (!isShared) await orphans.waitAnew();
      background = startBackground({
        ...floor,
        isShared,
        acts,
        onAir,
        orphans,
        recovery,
        erasures: stores.erasures,
        requestStore: stores.requests,
        broadcasts,
        auth,
        audience,
        rooms,
      });
      running.use(background);
    },
    async [Symbol.asyncDispose]() {
      await leaveHomes().catch((error: unknown) => log.warn({ err: error }, "others wait for the end of this process"));
      await running.disposeAsync();
      // What was listened to until the end.
      await audience.settled();
      await audience.store();
    },
  };
}
