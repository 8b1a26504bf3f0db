import { join } from "node:path";
import type { Database, Queries } from "#src/platform/database/database.ts";
import { openPostgres } from "#src/platform/database/postgres-database.ts";
import { createSqliteDatabase } from "#src/platform/database/sqlite-database.ts";
import { createLog } from "#src/platform/log.ts";
import { administer, databaseNameOf } from "./postgres.ts";

/** A database with every table, which those of tests are copied from. */
export const template = "veza_template";

/** The databases that tests run on. `VEZA_TEST_DATABASE` says which one the real app gets. */
export const backends = ["sqlite", "postgres"] as const;
export type Backend = (typeof backends)[number];

export const chosen = (process.env.VEZA_TEST_DATABASE ?? "sqlite") as Backend;

/** Those that a suite for every backend runs on: all but what is left out by name. */
export const present = backends.filter(
  (backend) => !(process.env.VEZA_TEST_WITHOUT ?? "").split(",").includes(backend),
);

const testServer = {
  url(database: string): string {
    const url = process.env.VEZA_TEST_POSTGRES;
    if (url === undefined)
      throw new Error("no PostgreSQL was started for these tests: tests/kit/postgres-setup.ts does");
    return url + database;
  },
};

/** The PostgreSQL databases that this process has made, by the folders that they belong to. */
const made = new Map<string, Promise<string>>();

async function make(folder: string, from: string): Promise<string> {
  const name = databaseNameOf(folder);
  await administer(testServer, `CREATE DATABASE ${name} TEMPLATE ${from}`);
  return testServer.url(name);
}

/** The address of the PostgreSQL database that belongs to a folder, made when there is none: with every table, or empty. */
export function postgresOf(folder: string, tables: "every table" | "empty" = "every table"): Promise<string> {
  const known = made.get(folder) ?? make(folder, tables === "empty" ? "template0" : template);
  made.set(folder, known);
  return known;
}

/** What an app needs in its environment for the chosen database. */
export async function databaseEnv(folder: string): Promise<Record<string, string>> {
  return chosen === "postgres" ? { VEZA_DATABASE_URL: await postgresOf(folder) } : {};
}

/** Removes what belongs to a folder, if anything. */
export async function dropDatabaseOf(folder: string): Promise<void> {
  if (!made.delete(folder)) return;
  await administer(testServer, `DROP DATABASE ${databaseNameOf(folder)} WITH (FORCE)`);
}

/** Opens the database of a folder. */
export async function openDatabase(
  folder: string,
  options: { backend?: Backend; tables?: "every table" | "empty" } = {},
): Promise<Database<unknown>> {
  const { backend = chosen, tables = "every table" } = options;
  if (backend === "sqlite") return createSqliteDatabase(join(folder, "veza.sqlite"));
  return openPostgres(await postgresOf(folder, tables), createLog({ level: "error", format: "json" }));
}

/** The tables in which a word stands, in whatever column. */
export async function tablesHolding(database: Database<unknown>, word: string): Promise<string[]> {
  const read = database.read as Queries<Record<string, Record<string, unknown>>>;
  const holding: string[] = [];
  for (const { name } of await read.introspection.getTables()) {
    const rows = await read.selectFrom(name).selectAll().execute();
    if (rows.some((row) => Object.values(row).some((value) => holds(value, word)))) holding.push(name);
  }
  return holding;
}

function holds(value: unknown, word: string): boolean {
  if (value instanceof Uint8Array) return Buffer.from(value).includes(word);
  return String(value).includes(word);
}
