import type { CompiledQuery, Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Queries over one service's tables. Each service names its own; none reads another's. */
export type Queries<Tables> = Kysely<Tables>;

/** One change, as queries of one transaction. */
export type Work<Tables, Result> = (tx: Queries<Tables>) => Promise<Result>;

export interface WriteOptions {
  /**
   * What the work is about: rooms, users, whatever it decides by and changes. Works with a key in common run one after
   * the other; others may run at the same time. Absent: about all that the service has.
   */
  readonly keys?: readonly string[];
  /** It may take longer than a caller would wait. */
  readonly isLong?: boolean;
}

/**
 * Runs one statement that is a whole write, in one round trip, when no write with one of the keys runs in this process.
 * It has to take the locks that `locksOf` gives for its keys before all else: the first one shared, the others
 * exclusively, in their order. `build` is called when its turn has come.
 * Throws as `write` does; what the database refuses has not happened.
 */
export type RunStatement = <Row>(
  keys: readonly string[],
  build: (locksOf: (keys: readonly string[]) => readonly bigint[]) => CompiledQuery<Row>,
) => Promise<readonly Row[]>;

/**
 * The store of facts. One interface over every database that Veza runs on; queries are built with Kysely and hold to
 * the SQL that all of them speak.
 */
export interface Database<Tables> extends AsyncDisposable {
  readonly dialect: "sqlite" | "postgres";
  /** Reads what is committed. Not for writing. */
  readonly read: Queries<Tables>;
  /**
   * Runs the work in a transaction of its own: all of it happens or, when it throws, none. Once the promise resolves
   * the change survives `kill -9` and a loss of power. Works of a service run as though one after the other, each
   * seeing what those before it did, as far as they name the same keys.
   * The work may only await its own queries: others wait for it. It may run again from its beginning when the database
   * has undone it, so what it does to anything else it does in a way that can be repeated.
   * Throws UNAVAILABLE when the database is out of reach. Then the change may have happened all the same.
   */
  write<Result>(work: Work<Tables, Result>, options?: WriteOptions): Promise<Result>;
  /** For writes that are one statement, where the database can decide by itself what happens. */
  readonly statement?: RunStatement;
  /** The same database, seen by a service, through its tables. */
  withTables<Other>(service: string): Database<Other>;
}

/** Steps that bring the tables into shape, by name; names sort in the order in which they are taken. */
export type Migrations = Readonly<Record<string, Migration>>;
