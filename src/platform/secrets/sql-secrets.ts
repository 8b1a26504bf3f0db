import type { Database, Migrations } from "../database/database.ts";
import { migrate } from "../database/migrate.ts";
import type { Secrets } from "./secrets.ts";

interface SecretTables {
  readonly platform_secrets: { name: string; content: string };
}

const migrations: Migrations = {
  "0001_secrets": {
    async up(db) {
      await db.schema
        .createTable("platform_secrets")
        .addColumn("name", "text", (c) => c.primaryKey())
        .addColumn("content", "text", (c) => c.notNull())
        .execute();
    },
  },
};

/** Secrets as rows: for processes that share a database. What is to be kept from its readers is sealed first. */
export async function createSqlSecrets(platformDatabase: Database<unknown>): Promise<Secrets> {
  await migrate(platformDatabase, "platform", migrations);
  const database = platformDatabase.withTables<SecretTables>("platform");
  const contentOf = async (name: string) =>
    (await database.read.selectFrom("platform_secrets").select("content").where("name", "=", name).executeTakeFirst())
      ?.content;
  return {
    async list(prefix) {
      const all = await database.read.selectFrom("platform_secrets").select(["name", "content"]).execute();
      return all.filter(({ name }) => name.startsWith(prefix));
    },
    async keep(name, make) {
      const known = await contentOf(name);
      if (known !== undefined) return known;
      const content = await make();
      await database.write((tx) =>
        tx
          .insertInto("platform_secrets")
          .values({ name, content })
          .onConflict((conflict) => conflict.column("name").doNothing())
          .execute(),
      );
      // Another process may have been first.
      const kept = await contentOf(name);
      if (kept === undefined) throw new Error(`the secret ${name} was deleted while it was made`);
      return kept;
    },
    async forget(name) {
      await database.write((tx) => tx.deleteFrom("platform_secrets").where("name", "=", name).execute());
    },
    placeOf: (name) => `the row ${name} of platform_secrets`,
  };
}
