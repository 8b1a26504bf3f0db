import type { Revocations } from "./access/revocations.ts";
import type { TrustedProxies } from "./access/trusted-proxies.ts";
import type { Bus } from "./bus/bus.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import type { Database } from "./database/database.ts";
import type { Log } from "./log.ts";

/** The floor that every service stands on. */
export interface Platform {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  readonly database: Database<unknown>;
  readonly bus: Bus;
  readonly revocations: Revocations;
  readonly proxies: TrustedProxies;
}
