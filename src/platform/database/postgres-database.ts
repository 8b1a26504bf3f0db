import { hash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { CompiledQuery } from "kysely";
import { Failure, Reason } from "../failure.ts";
import { limits } from "../limits.ts";
import type { Log } from "../log.ts";
import { createMetrics, type Metrics } from "../telemetry/metrics.ts";
import { inSpan, type Tracing } from "../telemetry/tracing.ts";
import type { Database, Queries, Work, WriteOptions } from "./database.ts";
import { databaseErrors, observePool, operationSeconds } from "./database-metrics.ts";
import { isOvertaken } from "./postgres-errors.ts";
import { PostgresQueries, type RunQuery } from "./postgres-queries.ts";
import { createComplaints, createSessions, type PostgresSessions } from "./postgres-sessions.ts";
import { reach } from "./postgres-start.ts";
import { createTurns, type Turns } from "./turns.ts";

const bounds = limits.store.postgres;

/**
 * PostgreSQL, shared with other processes. Connections that read and connections that write are counted apart, so that
 * writes that wait never keep anybody from reading.
 *
 * A write runs in READ COMMITTED behind advisory locks that it takes first: shared on its service and exclusive on each
 * of its keys, or exclusive on the service when it names none. Whatever runs after a lock is held sees all that was
 * committed under it before, so writes about one thing follow one another, in all processes, as those of one file do.
 * Within a process they take turns before they take a connection: those that wait for one room leave the others alone.
 * Resolves once the server answers; throws why it does not.
 */
export async function openPostgres(
  url: string,
  log: Log,
  { metrics = createMetrics(), tracing }: { metrics?: Metrics; tracing?: Tracing | undefined } = {},
): Promise<Database<unknown>> {
  await reach(url, log);
  const say = createComplaints(log);
  const count = databaseErrors(metrics);
  let renewedAt = Number.NEGATIVE_INFINITY;
  const complain = (error: unknown): void => {
    count();
    say(error);
    if (!isOvertaken(error) || performance.now() - renewedAt < bounds.renewMs) return;
    renewedAt = performance.now();
    readers.renew();
    writers.renew();
  };
  const readers = createSessions(url, bounds.readers, complain);
  const writers = createSessions(url, bounds.writers, complain);
  observePool(metrics, "readers", bounds.readers, () => readers.counts);
  observePool(metrics, "writers", bounds.writers, () => writers.counts);
  const seconds = operationSeconds(metrics, { dialect: "postgres", operation: "read" });
  const turns = new Map<string, Turns>();
  const turnsOf = (service: string): Turns => {
    const known = turns.get(service) ?? createTurns({ waiting: limits.store.writesWaiting });
    turns.set(service, known);
    return known;
  };

  const read = new PostgresQueries<unknown>(async (query, isPrepared) => {
    const startedAt = performance.now();
    try {
      return await inSpan(tracing, readSpan, () => readOnce(query, isPrepared));
    } finally {
      seconds.record((performance.now() - startedAt) / 1000);
    }
  });

  const readOnce: RunQuery = async (query, isPrepared) => {
    for (let attempt = 1; ; attempt += 1) {
      const session = await readers.take();
      try {
        return await session.run(query, isPrepared);
      } catch (error) {
        // The connection may have been lost while it lay idle, and another one be there.
        if (session.aftermath !== "lost" || attempt > 1) throw error;
      } finally {
        session.release();
      }
    }
  };

  const seenBy = (service: string): Database<unknown> => ({
    dialect: "postgres",
    read,
    write: (work, { keys, isLong = false }: WriteOptions = {}) =>
      turnsOf(service).run(keys, () => transaction(writers, beginning(service, keys, isLong), isLong, work)),
    statement: (keys, build) =>
      turnsOf(service).run(keys, () =>
        alone(
          writers,
          build((all) => locksOf(service, all)),
        ),
      ),
    withTables: <Other>(other: string) => seenBy(other) as unknown as Database<Other>,
    async [Symbol.asyncDispose]() {
      await Promise.all([...turns.values()].map((each) => each.settled()));
      await Promise.all([readers[Symbol.asyncDispose](), writers[Symbol.asyncDispose]()]);
    },
  });
  return seenBy("");
}

const readSpan = {
  name: "query",
  kind: "client",
  attributes: { "db.system.name": "postgresql", "db.operation.name": "query" },
} as const;

/** The lock of a service, and those of keys, in an order that is the same everywhere, so that none wait in a circle. */
function locksOf(service: string, keys: readonly string[]): bigint[] {
  const locks = new Set(keys.map((key) => lockOf(`${service}/${key}`)));
  return [lockOf(service), ...[...locks].sort((one, other) => (one < other ? -1 : 1))];
}

/** Begins a transaction and takes its locks. */
function beginning(service: string, keys: readonly string[] | undefined, isLong: boolean): string {
  const [whole, ...locks] = locksOf(service, keys ?? []);
  const steps = ["BEGIN"];
  if (isLong) steps.push("SET LOCAL statement_timeout = 0");
  steps.push(
    keys === undefined ? `SELECT pg_advisory_xact_lock(${whole})` : `SELECT pg_advisory_xact_lock_shared(${whole})`,
  );
  for (const lock of locks) steps.push(`SELECT pg_advisory_xact_lock(${lock})`);
  return steps.join(";");
}

/** PostgreSQL names advisory locks by numbers of 64 bits. Two keys with one number would only wait for each other. */
function lockOf(name: string): bigint {
  return hash("sha256", `veza/${name}`, "buffer").readBigInt64BE(0);
}

async function transaction<Result>(
  sessions: PostgresSessions,
  begin: string,
  isPatient: boolean,
  work: Work<unknown, Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    const session = await sessions.take();
    session.isPatient = isPatient;
    // The work's first query is on its way before this is answered; behind a failed beginning it fails too.
    const begun = session.tell(begin);
    begun.catch(() => {});
    let isCommitting = false;
    try {
      const result = await work(session.queries as Queries<unknown>);
      await begun;
      if (session.aftermath === "lost") throw connectionLost();
      isCommitting = true;
      // What was broken on the way, and ignored, is not committed: the server says so with the name of the command.
      if ((await session.tell("COMMIT")) !== "COMMIT")
        throw new Error("a write went on after one of its queries had failed");
      return result;
    } catch (error) {
      if (isCommitting && session.aftermath === "lost") throw outcomeUnknown();
      if (session.aftermath !== "lost") await session.tell("ROLLBACK").catch(() => {});
      if (session.aftermath === "sound" || attempt === bounds.attempts) {
        await begun;
        throw error;
      }
    } finally {
      session.release();
    }
    // Whoever was in the way goes first.
    await sleep(Math.random() * bounds.againMs);
  }
}

/** Runs a statement that is a transaction by itself. */
async function alone<Row>(sessions: PostgresSessions, query: CompiledQuery<Row>): Promise<readonly Row[]> {
  const session = await sessions.take();
  try {
    return (await session.run(query, true)).rows;
  } catch (error) {
    throw session.aftermath === "lost" ? outcomeUnknown() : error;
  } finally {
    session.release();
  }
}

function connectionLost(): Failure {
  return new Failure(Reason.UNAVAILABLE, { sentence: "the database was lost: try again", retryAfterMs: 1000 });
}

function outcomeUnknown(): Failure {
  return new Failure(Reason.UNAVAILABLE, {
    sentence: "the database was lost before it said whether this is stored: send it again with the same request_id",
    retryAfterMs: 1000,
  });
}
