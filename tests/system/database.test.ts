import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Database } from "#src/platform/database/database.ts";
import { migrate } from "#src/platform/database/migrate.ts";
import { prepared } from "#src/platform/database/prepared.ts";
import { createSqliteDatabase } from "#src/platform/database/sqlite-database.ts";

interface Tables {
  things: { id: number; name: string };
}

let dir: string;
let database: Database<Tables>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "veza-database-"));
  const opened = createSqliteDatabase(join(dir, "test.sqlite"));
  await migrate(opened, "test", {
    "0001": {
      async up(db) {
        await db.schema
          .createTable("things")
          .addColumn("id", "integer", (c) => c.primaryKey())
          .addColumn("name", "text", (c) => c.notNull().unique())
          .execute();
      },
    },
  });
  database = opened.withTables<Tables>("test");
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
  await rm(dir, { recursive: true });
});

const add = (id: number, name: string) =>
  database.write(async (tx) => {
    await tx.insertInto("things").values({ id, name }).execute();
    return id;
  });
const names = async () =>
  (await database.read.selectFrom("things").select("name").orderBy("id").execute()).map(({ name }) => name);

test("of works that share a commit, one that fails is undone alone", async () => {
  const results = await Promise.allSettled([add(1, "a"), add(2, "a"), add(3, "c"), add(1, "d"), add(5, "e")]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected", "fulfilled"]);
  expect(await names()).toEqual(["a", "c", "e"]);
});

test("a work alone that fails halfway leaves nothing, and the next one is not held up", async () => {
  const failing = database.write(async (tx) => {
    await tx.insertInto("things").values({ id: 1, name: "half" }).execute();
    throw new Error("on purpose");
  });
  await expect(failing).rejects.toThrow("on purpose");
  expect(await names()).toEqual([]);
  await add(1, "whole");
  expect(await names()).toEqual(["whole"]);
});

test("readers see nothing of a work that is not committed", async () => {
  const inside = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const writing = database.write(async (tx) => {
    await tx.insertInto("things").values({ id: 1, name: "a" }).execute();
    inside.resolve();
    await goOn.promise;
  });
  await inside.promise;
  expect(await names()).toEqual([]);
  goOn.resolve();
  await writing;
  expect(await names()).toEqual(["a"]);
});

test("a query compiled once gives what the same query built anew gives", async () => {
  const byName = prepared((p: { name: string }) =>
    database.read.selectFrom("things").selectAll().where("name", "=", p.name),
  );
  await Promise.all([add(1, "a"), add(2, "b")]);
  for (const name of ["a", "b", "none"]) {
    const { rows } = await database.read.executeQuery(byName({ name }));
    expect(rows).toEqual(await database.read.selectFrom("things").selectAll().where("name", "=", name).execute());
  }
  const { numAffectedRows } = await database.write((tx) =>
    tx.executeQuery(tx.deleteFrom("things").where("id", ">", 0).compile()),
  );
  expect(numAffectedRows).toBe(2n);
});
