import { Migrator } from "kysely/migration";
import type { Database, Migrations, Queries } from "./database.ts";

/**
 * Brings the tables of one service into shape. Each service keeps its own list of what was done, so that they can grow
 * apart. Processes that start at once do it once: all but one wait. Throws what went wrong, nothing of a failed step
 * stays; or that the tables are those of a newer version.
 */
export async function migrate(database: Database<unknown>, service: string, migrations: Migrations): Promise<void> {
  const list = `${service}_migrations`;
  const own = database.withTables<unknown>(service);
  if (await isDone(own.read, list, migrations)) return;
  await own.write(
    async (tx) => {
      if (await isDone(tx, list, migrations)) return;
      const migrator = new Migrator({
        db: tx,
        provider: { getMigrations: async () => ({ ...migrations }) },
        migrationTableName: list,
        migrationLockTableName: `${service}_migration_lock`,
        // The write that surrounds this is the transaction.
        disableTransactions: true,
      });
      const { error } = await migrator.migrateToLatest();
      if (error !== undefined) throw error;
    },
    { isLong: true },
  );
}

/** Whether every step was taken. Throws when steps were taken that this version does not know. */
async function isDone(queries: Queries<unknown>, list: string, migrations: Migrations): Promise<boolean> {
  const tables = await queries.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === list)) return false;
  const lists = queries as unknown as Queries<{ list: { name: string } }>;
  const taken = await lists
    .selectFrom(list as "list")
    .select("name")
    .execute();
  const unknown = taken.map(({ name }) => name).filter((name) => migrations[name] === undefined);
  if (unknown.length > 0) {
    throw new Error(
      `the database was brought into shape by a newer version of Veza (${unknown.join(", ")}): run that one`,
    );
  }
  return taken.length === Object.keys(migrations).length;
}
