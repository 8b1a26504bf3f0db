import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { SqliteDatabase, SqliteStatement } from "kysely";
import type { Histogram } from "../telemetry/instruments.ts";

/** What is prepared on one connection, by its SQL. */
export interface SqliteStatements extends SqliteDatabase {
  /** How many statements have run that may have changed something. */
  readonly changes: number;
  prepare(sql: string): SqliteStatement;
}

const statementsKept = 500;

/**
 * Prepares each statement of a connection once. Kysely asks for statements in the form of another library. How long those
 * take that bring rows is recorded, where it is asked for.
 */
export function createSqliteStatements(connection: DatabaseSync, seconds?: Histogram): SqliteStatements {
  const prepared = new Map<string, SqliteStatement>();
  let changes = 0;
  return {
    get changes() {
      return changes;
    },
    prepare(sql) {
      const known = prepared.get(sql);
      if (known !== undefined) return known;
      const statement = connection.prepare(sql);
      const change = /^\s*select\b/i.test(sql) ? 0 : 1;
      const made: SqliteStatement = {
        reader: statement.columns().length > 0,
        all: (parameters) => {
          changes += change;
          if (seconds === undefined) return statement.all(...(parameters as SQLInputValue[]));
          const startedAt = performance.now();
          const rows = statement.all(...(parameters as SQLInputValue[]));
          seconds.record((performance.now() - startedAt) / 1000);
          return rows;
        },
        run: (parameters) => {
          changes += change;
          return statement.run(...(parameters as SQLInputValue[]));
        },
        iterate: (parameters) => {
          changes += change;
          return statement.iterate(...(parameters as SQLInputValue[]));
        },
      };
      if (prepared.size >= statementsKept) prepared.delete(prepared.keys().next().value as string);
      prepared.set(sql, made);
      return made;
    },
    close: () => connection.close(),
  };
}
