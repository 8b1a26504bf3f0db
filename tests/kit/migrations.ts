import { authMigrations } from "#src/auth/migrations.ts";
import { chatMigrations } from "#src/chat/migrations.ts";
import { openPostings } from "#src/chat/store/posting-backend.ts";
import { openSearchIndex } from "#src/chat/store/search-backend.ts";
import type { Database } from "#src/platform/database/database.ts";
import { migrate } from "#src/platform/database/migrate.ts";
import { streamMigrations } from "#src/stream/migrations.ts";

/** The tables of every service. */
export async function migrateAll(database: Database<unknown>): Promise<void> {
  await migrate(database, "auth", authMigrations);
  await migrate(database, "chat", chatMigrations);
  await openSearchIndex(database);
  await openPostings(database.withTables("chat"));
  await migrate(database, "stream", streamMigrations);
}
