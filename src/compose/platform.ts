import { join } from "node:path";
import { createRevocations } from "../platform/access/revocations.ts";
import { createTrustedProxies } from "../platform/access/trusted-proxies.ts";
import type { Bus } from "../platform/bus/bus.ts";
import { createLocalBus } from "../platform/bus/local-bus.ts";
import { measuredBus } from "../platform/bus/measured-bus.ts";
import { tracedBus } from "../platform/bus/traced-bus.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import type { Config } from "../platform/config.ts";
import type { Database } from "../platform/database/database.ts";
import { measuredDatabase } from "../platform/database/measured-database.ts";
import { openPostgres } from "../platform/database/postgres-database.ts";
import { createSqliteDatabase } from "../platform/database/sqlite-database.ts";
import type { Files } from "../platform/files/files.ts";
import { createLocalFiles } from "../platform/files/local-files.ts";
import { measuredFiles } from "../platform/files/measured-files.ts";
import { createS3Files } from "../platform/files/s3-files.ts";
import { createLog, type Log } from "../platform/log.ts";
import type { Platform } from "../platform/platform.ts";
import { createFileSecrets } from "../platform/secrets/file-secrets.ts";
import { sealSecrets } from "../platform/secrets/sealed-secrets.ts";
import { createSqlSecrets } from "../platform/secrets/sql-secrets.ts";
import { createMetrics } from "../platform/telemetry/metrics.ts";
import { watchRuntime } from "../platform/telemetry/runtime-metrics.ts";
import type { Tracing } from "../platform/telemetry/tracing.ts";

/** What tests may put in the place of the real thing. */
export interface PlatformOverrides {
  readonly clock?: Clock;
  readonly log?: Log;
  /** A bus and a database that others use as well: whoever made them closes them. */
  readonly shared?: { readonly bus: Bus; readonly database: Database<unknown> };
}

/** What has to be there before the floor is. */
export interface PlatformNeeds extends PlatformOverrides {
  readonly tracing?: Tracing | undefined;
}

/**
 * Builds the floor. The one place that knows which database, bus and files the configuration means.
 * Resolves once the database and the bus answer; throws why they do not.
 */
export async function createPlatform(config: Config, needs: PlatformNeeds = {}): Promise<Platform & AsyncDisposable> {
  await using built = new AsyncDisposableStack();
  const { format, level } = config.log;
  const readable = format === "auto" ? (process.stdout.isTTY ? "pretty" : "json") : format;
  const { tracing, shared } = needs;
  const log = needs.log ?? createLog({ level, format: readable, tracing });
  const clock = needs.clock ?? systemClock;
  const metrics = createMetrics();
  built.use(watchRuntime(metrics, { dataDir: config.dataDir }));
  const opened =
    shared?.database ??
    built.use(
      config.databaseUrl === undefined
        ? createSqliteDatabase(join(config.dataDir, "veza.sqlite"), { metrics })
        : await openPostgres(config.databaseUrl, log, { metrics, tracing }),
    );
  const database = measuredDatabase(opened, { metrics, tracing });
  const counted = measuredBus(shared?.bus ?? built.use(await createBus(config, log)), metrics);
  const bus =
    tracing === undefined ? counted : tracedBus(counted, tracing, config.nats === undefined ? "local" : "nats");
  const revocations = built.use(createRevocations({ bus, clock }));
  const secrets = await createSecrets(config, database);
  const running = built.move();
  return {
    config,
    log,
    metrics,
    tracing,
    clock,
    bus,
    files: measuredFiles(createFiles(config), metrics),
    database,
    isShared: shared !== undefined || config.nats !== undefined,
    revocations,
    proxies: createTrustedProxies(config.trustedProxies),
    secrets,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function createBus({ nats, parts }: Config, log: Log): Promise<Bus> {
  if (nats === undefined) return createLocalBus({ log });
  // Loaded only where there is NATS: it takes time to start.
  const { createNatsBus } = await import("../platform/bus/nats-bus.ts");
  return createNatsBus({ address: nats, log, name: `veza ${parts.join(" ")}` });
}

/** Where all processes that share a database find them, or else those that share a directory. */
async function createSecrets({ databaseUrl, clusterSecret, dataDir }: Config, database: Database<unknown>) {
  if (databaseUrl === undefined) return createFileSecrets(join(dataDir, "keys"));
  const secrets = await createSqlSecrets(database);
  // Who reads the database, or a copy of it, cannot sign with what is in there.
  return clusterSecret === undefined ? secrets : sealSecrets(secrets, clusterSecret);
}

function createFiles({ files, dataDir }: Config): Files {
  if ("directory" in files) return createLocalFiles(files.directory);
  return createS3Files({ bucket: files.bucket, incoming: join(dataDir, "incoming") });
}
