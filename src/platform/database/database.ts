import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";

/** Queries over one service's tables. Each service names its own; none reads another's. */
export type Queries<Tables> = Kysely<Tables>;

/**
 * The store of facts. One interface over every database that Veza runs on; queries are built with Kysely and hold to
 * the SQL that all of them speak.
 */
export interface Database<Tables> extends AsyncDisposable {
  /** Reads what is committed. Not for writing. */
  readonly read: Queries<Tables>;
  /**
   * Runs the work in a transaction of its own: all of it happens or, when it throws, none. Once the promise resolves
   * the change survives `kill -9` and a loss of power. Works that arrive together may share one commit; they then run
   * one after the other, each seeing what those before it did.
   * The work may only await its own queries: others wait for it.
   */
  write<Result>(work: (tx: Queries<Tables>) => Promise<Result>): Promise<Result>;
  /** The same database, seen through other tables. */
  withTables<Other>(): Database<Other>;
}

/** Steps that bring the tables into shape, by name; names sort in the order in which they are taken. */
export type Migrations = Readonly<Record<string, Migration>>;
