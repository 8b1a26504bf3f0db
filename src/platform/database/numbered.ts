import { type ColumnDefinitionBuilder, type Kysely, PostgresAdapter } from "kysely";

/** A key whose values are counted up and never given twice, each database's own way. */
export function numbered(db: Kysely<unknown>): {
  readonly type: "bigint" | "integer";
  readonly key: (column: ColumnDefinitionBuilder) => ColumnDefinitionBuilder;
} {
  return db.getExecutor().adapter instanceof PostgresAdapter
    ? { type: "bigint", key: (column) => column.generatedByDefaultAsIdentity().primaryKey() }
    : { type: "integer", key: (column) => column.primaryKey().autoIncrement() };
}
