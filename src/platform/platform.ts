import type { Revocations } from "./access/revocations.ts";
import type { TrustedProxies } from "./access/trusted-proxies.ts";
import type { Bus } from "./bus/bus.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { Database } from "./database/database.ts";
import type { Files } from "./files/files.ts";
import type { Log } from "./log.ts";
import type { Secrets } from "./secrets/secrets.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import type { Tracing } from "./telemetry/tracing.ts";

/** The floor that every service stands on. */
export interface Platform {
  readonly config: Config;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Undefined where no traces are kept. */
  readonly tracing: Tracing | undefined;
  readonly clock: Clock;
  readonly database: Database<unknown>;
  readonly bus: Bus;
  readonly files: Files;
  /** Whether other processes work on the same database and hear the same bus. */
  readonly isShared: boolean;
  readonly revocations: Revocations;
  readonly proxies: TrustedProxies;
  /** Keys that all processes of a service share. */
  readonly secrets: Secrets;
}
