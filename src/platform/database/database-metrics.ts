import { countBounds, type Histogram, shortSecondsBounds } from "../telemetry/instruments.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Database } from "./database.ts";

type Dialect = Database<unknown>["dialect"];

/** What OpenTelemetry calls a database. */
export function systemOf(dialect: Dialect): string {
  return dialect === "postgres" ? "postgresql" : dialect;
}

/** How long reads take, query by query, and writes as a whole. */
export function operationSeconds(
  metrics: Metrics,
  { dialect, operation }: { dialect: Dialect; operation: "read" | "write" },
): Histogram {
  return metrics.histogram(
    { name: "db.client.operation.duration", unit: "s", help: "Queries that read, and writes until they are durable." },
    {
      bounds: shortSecondsBounds,
      labels: { "db.system.name": systemOf(dialect), "db.operation.name": operation },
    },
  );
}

/** How commits go that several writes share. Called with how many did, and the milliseconds that it took. */
export function commitObserver(metrics: Metrics): (writes: number, ms: number) => void {
  const size = metrics.histogram(
    { name: "veza.database.commit_writes", unit: "{write}", help: "Writes that shared one commit." },
    { bounds: countBounds },
  );
  const seconds = metrics.histogram(
    { name: "veza.database.commit.duration", unit: "s", help: "Commits, with the work in them, until on the disk." },
    { bounds: shortSecondsBounds },
  );
  return (writes, ms) => {
    size.record(writes);
    seconds.record(ms / 1000);
  };
}

/** How a pool of connections stands. */
export interface PoolCounts {
  readonly total: number;
  readonly idle: number;
  /** Those who wait for a connection. */
  readonly waiting: number;
}

export function observePool(
  metrics: Metrics,
  pool: "readers" | "writers",
  most: number,
  counts: () => PoolCounts,
): void {
  const label = { "db.client.connection.pool.name": pool };
  const state = "db.client.connection.state";
  metrics.observe(
    "gauge",
    { name: "db.client.connection.count", unit: "{connection}", help: "Connections to the database, by state." },
    () => {
      const { total, idle } = counts();
      return [
        [{ ...label, [state]: "idle" }, idle],
        [{ ...label, [state]: "used" }, total - idle],
      ];
    },
  );
  metrics.observe(
    "gauge",
    { name: "db.client.connection.max", unit: "{connection}", help: "How many there may be." },
    () => [[label, most]],
  );
  metrics.observe(
    "gauge",
    { name: "db.client.connection.pending_requests", unit: "{request}", help: "Who waits for a connection." },
    () => [[label, counts().waiting]],
  );
}

/** Counts what a database could not do: it was out of reach, or gave up. */
export function databaseErrors(metrics: Metrics): () => void {
  const errors = metrics.counter({
    name: "veza.database.errors",
    unit: "{error}",
    help: "Times when the database was out of reach or could not do what it was asked.",
  });
  return () => errors.add();
}
