import { openPostgres } from "#src/platform/database/postgres-database.ts";
import { createLog } from "#src/platform/log.ts";
import { migrateAll } from "./migrations.ts";

// A process that brings the database of its first argument into shape, and ends.
const database = await openPostgres(process.argv[2] ?? "", createLog({ level: "warn", format: "json" }));
await migrateAll(database);
await database[Symbol.asyncDispose]();
