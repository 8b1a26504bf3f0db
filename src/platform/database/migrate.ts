import { Migrator } from "kysely/migration";
import type { Database, Migrations } from "./database.ts";

/**
 * Brings the tables of one service into shape. Each service keeps its own list of what was done, so that they can grow
 * apart. Throws what went wrong; nothing of a failed step stays.
 */
export async function migrate(database: Database<unknown>, service: string, migrations: Migrations): Promise<void> {
  await database.write(async (tx) => {
    const migrator = new Migrator({
      db: tx,
      provider: { getMigrations: async () => ({ ...migrations }) },
      migrationTableName: `${service}_migrations`,
      migrationLockTableName: `${service}_migration_lock`,
      // The write that surrounds this is the transaction.
      disableTransactions: true,
    });
    const { error } = await migrator.migrateToLatest();
    if (error !== undefined) throw error;
  });
}
