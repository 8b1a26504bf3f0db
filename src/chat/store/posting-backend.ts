import type { Database } from "../../platform/database/database.ts";
import { migrate } from "../../platform/database/migrate.ts";
import type { ChatTables } from "../tables.ts";
import { postgresPostingMigrations } from "./postgres-posting-migrations.ts";
import { createPostgresPostings } from "./postgres-postings.ts";
import type { Postings } from "./postings.ts";

/** Brings what posts messages into shape, behind the tables of chat and of search. Undefined where a write is no trip. */
export async function openPostings(database: Database<ChatTables>): Promise<Postings | undefined> {
  const { read, statement } = database;
  if (statement === undefined) return undefined;
  await migrate(database as unknown as Database<unknown>, "chat_postings", postgresPostingMigrations);
  return createPostgresPostings({ read, statement });
}
