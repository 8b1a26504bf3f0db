import type { Database, Migrations } from "../../platform/database/database.ts";
import { migrate } from "../../platform/database/migrate.ts";
import type { ChatTables } from "../tables.ts";
import { createPostgresSearchIndex } from "./postgres-search-index.ts";
import { postgresSearchMigrations } from "./postgres-search-migrations.ts";
import type { SearchIndex } from "./search-index.ts";
import { createSqliteSearchIndex } from "./sqlite-search-index.ts";
import { sqliteSearchMigrations } from "./sqlite-search-migrations.ts";

interface Backend {
  /** Full-text search is each database's own, down to its tables. */
  readonly migrations: Migrations;
  readonly create: (needs: { database: Database<ChatTables> }) => SearchIndex;
}

const backends: Readonly<Record<Database<unknown>["dialect"], Backend>> = {
  sqlite: { migrations: sqliteSearchMigrations, create: createSqliteSearchIndex },
  postgres: { migrations: postgresSearchMigrations, create: createPostgresSearchIndex },
};

/** Brings the search index of this database into shape, behind the tables of chat, and opens it. */
export async function openSearchIndex(database: Database<unknown>): Promise<SearchIndex> {
  const { migrations, create } = backends[database.dialect];
  await migrate(database, "chat_search", migrations);
  return create({ database: database.withTables<ChatTables>("chat") });
}
