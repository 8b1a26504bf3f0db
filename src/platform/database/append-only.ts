import { type Kysely, PostgresAdapter, sql } from "kysely";

/** Has the database itself refuse to change or delete rows of a table: what is once in it stays as it was written. */
export async function makeAppendOnly(db: Kysely<unknown>, table: string): Promise<void> {
  const complaint = sql.lit(`rows of ${table} are never changed`);
  const named = (what: string) => sql.id(`${table}_${what}`);
  if (db.getExecutor().adapter instanceof PostgresAdapter) {
    await sql`
      CREATE FUNCTION ${named("refuse")}() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION USING MESSAGE = ${complaint}, ERRCODE = 'restrict_violation'; END $$`.execute(db);
    await sql`
      CREATE TRIGGER ${named("append_only")} BEFORE UPDATE OR DELETE OR TRUNCATE ON ${sql.table(table)}
      FOR EACH STATEMENT EXECUTE FUNCTION ${named("refuse")}()`.execute(db);
    return;
  }
  for (const change of ["UPDATE", "DELETE"]) {
    await sql`
      CREATE TRIGGER ${named(`no_${change.toLowerCase()}`)} BEFORE ${sql.raw(change)} ON ${sql.table(table)}
      BEGIN SELECT RAISE(ABORT, ${complaint}); END`.execute(db);
  }
}
