import type { QueryResult } from "kysely";
import { type ClientConfig, type CustomTypesConfig, Pool, type PoolClient, type QueryConfig, types } from "pg";
import { limits } from "../limits.ts";
import type { Log } from "../log.ts";
import type { PoolCounts } from "./database-metrics.ts";
import { type Aftermath, aftermathOf, toFailure } from "./postgres-errors.ts";
import { PostgresQueries, type RunQuery } from "./postgres-queries.ts";

const bounds = limits.store.postgres;

/** Numbers of 64 bits are times, ids and counts: all of them fit. */
const int8: number = types.builtins.INT8;
const asNumbers: CustomTypesConfig = {
  getTypeParser: (id: number, format?: "text" | "binary") =>
    id === int8 && format !== "binary" ? numberOf : types.getTypeParser(id, format as "text"),
};

function numberOf(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`${text} is too large a number`);
  return value;
}

export function settingsOf(url: string): ClientConfig {
  return {
    connectionString: url,
    application_name: "veza",
    keepAlive: true,
    // Queries of one connection do not wait for each other's answers on the way to the server.
    pipeline: true,
    types: asNumbers,
    connectionTimeoutMillis: bounds.connectMs,
    statement_timeout: bounds.statementMs,
    idle_in_transaction_session_timeout: bounds.idleInTransactionMs,
    query_timeout: bounds.answerMs,
  };
}

const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;

/** Ids that callers make up may be beyond 64 bits once they are numbers: as the last number there is, nobody has them. */
function fitting(value: unknown): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  if (value >= Number(most)) return most;
  return value <= Number(least) ? least : value;
}

/** The names that prepared statements have on every connection. There are as many as the stores prepare. */
const names = new Map<string, string>();

function nameOf(sql: string): string {
  const known = names.get(sql) ?? `veza_${names.size}`;
  names.set(sql, known);
  return known;
}

/** The longest that a timer can wait. */
const foreverMs = 2 ** 31 - 1;

/** Queries that change rows say how many. */
const changing = new Set(["INSERT", "UPDATE", "DELETE", "MERGE"]);

/** A connection while somebody has it. */
export class PostgresSession {
  readonly queries = new PostgresQueries<unknown>((query, isPrepared) => this.run(query, isPrepared));
  /** What its errors meant since it was taken. */
  aftermath: Aftermath = "sound";
  /** Whether its queries may take as long as they need. */
  isPatient = false;
  readonly #client: PoolClient;
  readonly #complain: (error: unknown) => void;

  constructor(client: PoolClient, complain: (error: unknown) => void) {
    this.#client = client;
    this.#complain = complain;
    // It may break while whoever has it asks nothing.
    client.on("error", () => {
      this.aftermath = "lost";
    });
  }

  /** Where every query to PostgreSQL passes. */
  run: RunQuery = async <Row>(
    query: { readonly sql: string; readonly parameters: readonly unknown[] },
    isPrepared: boolean,
  ): Promise<QueryResult<Row>> => {
    try {
      const { command, rowCount, rows } = await this.#client.query({
        text: query.sql,
        values: query.parameters.map(fitting),
        ...(isPrepared && { name: nameOf(query.sql) }),
        ...(this.isPatient && { query_timeout: foreverMs }),
      });
      return changing.has(command) ? { rows, numAffectedRows: BigInt(rowCount ?? 0) } : { rows };
    } catch (error) {
      throw this.#failed(error);
    }
  };

  /** Runs what has no parameters, several statements if need be. Resolves to what the server calls the last. */
  async tell(sql: string): Promise<string> {
    try {
      const result: { command: string } | { command: string }[] = await this.#client.query({
        text: sql,
        ...(this.isPatient && { query_timeout: foreverMs }),
      } as QueryConfig);
      return (Array.isArray(result) ? result.at(-1) : result)?.command ?? "";
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #failed(error: unknown): unknown {
    // Behind the error that counts come those of queries that were on their way already.
    if (this.aftermath === "sound") this.aftermath = aftermathOf(error);
    const failure = toFailure(error);
    if (failure !== error) this.#complain(error);
    return failure;
  }

  /** Gives the connection back, to be used again when it is sound. */
  release(): void {
    this.#client.release(this.aftermath === "lost");
    this.aftermath = "sound";
    this.isPatient = false;
  }
}

/** A bounded number of connections to one database. */
export interface PostgresSessions extends AsyncDisposable {
  /** Waits for a connection that is free. Throws UNAVAILABLE when there is none for too long. */
  take(): Promise<PostgresSession>;
  /** Connections that were made until now are not used again. */
  renew(): void;
  readonly counts: PoolCounts;
}

export function createSessions(url: string, most: number, complain: (error: unknown) => void): PostgresSessions {
  const pool = new Pool({ ...settingsOf(url), max: most, idleTimeoutMillis: bounds.idleMs });
  let sessions = new WeakMap<PoolClient, PostgresSession>();
  // A connection that breaks while nobody waits for an answer says so here; the pool has let go of it.
  pool.on("error", complain);
  pool.on("connect", (client) => sessions.set(client, new PostgresSession(client, complain)));
  return {
    get counts() {
      return { total: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount };
    },
    async take() {
      try {
        for (;;) {
          const client = await pool.connect();
          const session = sessions.get(client);
          if (session !== undefined) return session;
          client.release(true);
        }
      } catch (error) {
        complain(error);
        throw toFailure(error);
      }
    },
    renew() {
      sessions = new WeakMap();
    },
    async [Symbol.asyncDispose]() {
      await pool.end();
    },
  };
}

/** Says that something is wrong with the database, at most this often. */
const complainEveryMs = 5000;

export function createComplaints(log: Log): (error: unknown) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (error) => {
    const now = performance.now();
    if (now - last < complainEveryMs) return;
    last = now;
    log.warn({ err: error }, "the database does not do what it is asked");
  };
}
