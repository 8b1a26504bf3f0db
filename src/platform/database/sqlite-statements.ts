import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type { SqliteDatabase, SqliteStatement } from "kysely";

/** What is prepared on one connection, by its SQL. */
export interface SqliteStatements extends SqliteDatabase {
  prepare(sql: string): SqliteStatement;
}

const statementsKept = 500;

/** Prepares each statement of a connection once. Kysely asks for statements in the form of another library. */
export function createSqliteStatements(connection: DatabaseSync): SqliteStatements {
  const prepared = new Map<string, SqliteStatement>();
  return {
    prepare(sql) {
      const known = prepared.get(sql);
      if (known !== undefined) return known;
      const statement = connection.prepare(sql);
      const made: SqliteStatement = {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
        run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
        iterate: (parameters) => statement.iterate(...(parameters as SQLInputValue[])),
      };
      if (prepared.size >= statementsKept) prepared.delete(prepared.keys().next().value as string);
      prepared.set(sql, made);
      return made;
    },
    close: () => connection.close(),
  };
}
