import { openPostgres } from "../../src/platform/database/postgres-database.ts";
import { createLog } from "../../src/platform/log.ts";
import { template } from "./databases.ts";
import { migrateAll } from "./migrations.ts";
import { administer, type PostgresServer, startPostgres } from "./postgres.ts";

/** One server for all projects of a run, started by the first and ended by the last. */
const shared = globalThis as { vezaPostgres?: { users: number; server: Promise<PostgresServer> } };

/** Before the tests of a project run: a server, and a database with every table, to be copied for each test's app. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (isWithout("postgres")) return undefined;
  shared.vezaPostgres ??= { users: 0, server: startWithTemplate() };
  const own = shared.vezaPostgres;
  own.users += 1;
  const server = await own.server;
  process.env.VEZA_TEST_POSTGRES = server.url("");
  return async () => {
    own.users -= 1;
    if (own.users > 0) return;
    delete shared.vezaPostgres;
    await server[Symbol.asyncDispose]();
  };
}

/** Whether a backend's tests are left out, by name: a missing server is a failure otherwise. */
function isWithout(backend: string): boolean {
  return (process.env.VEZA_TEST_WITHOUT ?? "").split(",").includes(backend);
}

async function startWithTemplate(): Promise<PostgresServer> {
  const server = await startPostgres();
  await administer(server, `CREATE DATABASE ${template}`);
  const database = await openPostgres(server.url(template), createLog({ level: "warn", format: "json" }));
  await migrateAll(database);
  await database[Symbol.asyncDispose]();
  return server;
}
