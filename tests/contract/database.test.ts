import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "#src/platform/database/database.ts";
import { migrate } from "#src/platform/database/migrate.ts";
import { prepared } from "#src/platform/database/prepared.ts";
import { Reason } from "#src/platform/failure.ts";
import { dropDatabaseOf, openDatabase, present } from "../kit/databases.ts";

interface Tables {
  things: { id: number; name: string; size: number; bytes: Uint8Array | null };
}

describe.each(present)("%s", (backend) => {
  let dir: string;
  let database: Database<Tables>;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "veza-database-"));
    const opened = await openDatabase(dir, { backend, tables: "empty" });
    await migrate(opened, "test", {
      "0001": {
        async up(db) {
          await db.schema
            .createTable("things")
            .addColumn("id", "integer", (c) => c.primaryKey())
            .addColumn("name", "text", (c) => c.notNull().unique())
            .addColumn("size", "bigint", (c) => c.notNull().defaultTo(0))
            .addColumn("bytes", "bytea" as "blob")
            .execute();
        },
      },
    });
    database = opened.withTables<Tables>("test");
  });
  afterEach(async () => {
    await database[Symbol.asyncDispose]();
    await dropDatabaseOf(dir);
    await rm(dir, { recursive: true });
  });

  const thing = (id: number, name: string) => ({ id, name, size: 0, bytes: null });
  const add = (id: number, name: string, keys?: readonly string[]) =>
    database.write(async (tx) => {
      await tx.insertInto("things").values(thing(id, name)).execute();
      return id;
    }, keys && { keys });
  const names = async () =>
    (await database.read.selectFrom("things").select("name").orderBy("id").execute()).map(({ name }) => name);

  test("of works that come together, one that fails is undone alone", async () => {
    const results = await Promise.allSettled([add(1, "a"), add(2, "a"), add(3, "c"), add(1, "d"), add(5, "e")]);
    expect(results.map(({ status }) => status)).toEqual([
      "fulfilled",
      "rejected",
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect(await names()).toEqual(["a", "c", "e"]);
  });

  test("a work alone that fails halfway leaves nothing, and the next one is not held up", async () => {
    const failing = database.write(async (tx) => {
      await tx.insertInto("things").values(thing(1, "half")).execute();
      throw new Error("on purpose");
    });
    await expect(failing).rejects.toThrow("on purpose");
    expect(await names()).toEqual([]);
    await add(1, "whole");
    expect(await names()).toEqual(["whole"]);
  });

  test("readers see nothing of a work that is not committed, and all of one that is", async () => {
    const inside = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const writing = database.write(async (tx) => {
      await tx.insertInto("things").values(thing(1, "a")).execute();
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

  test("numbers and bytes come back as they went in", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const size = Date.UTC(9999, 0);
    await database.write((tx) =>
      tx.insertInto("things").values({ id: 1, name: "ü 漢 🎧 '\"\\", size, bytes }).execute(),
    );
    const [row] = await database.read.selectFrom("things").selectAll().execute();
    expect(row).toMatchObject({ id: 1, name: "ü 漢 🎧 '\"\\", size });
    expect(row?.bytes).toBeInstanceOf(Uint8Array);
    expect([...(row?.bytes ?? [])]).toEqual([...bytes]);
  });

  test.each([
    { about: "with a key in common", keys: ["a thing"] },
    { about: "without keys", keys: undefined },
  ])("works $about run as though one after the other, in the order in which they came", async ({ keys }) => {
    await add(1, "counted");
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        database.write(async (tx) => {
          const { size } = await tx.selectFrom("things").select("size").where("id", "=", 1).executeTakeFirstOrThrow();
          await tx
            .updateTable("things")
            .set({ size: size + 1 })
            .where("id", "=", 1)
            .execute();
          order.push(index);
        }, keys && { keys }),
      ),
    );
    const { size } = await database.read.selectFrom("things").select("size").executeTakeFirstOrThrow();
    expect(size).toBe(40);
    expect(order).toEqual([...order].sort((one, other) => one - other));
  });

  test("works whose keys overlap in any order all end, and none is lost", async () => {
    const keysOf = (index: number) => ["a", "b", "c", "d"].filter((_, bit) => ((index * 7 + 3) >> bit) & 1);
    await Promise.all(
      Array.from({ length: 64 }, (_, index) =>
        add(
          index + 1,
          `thing ${index}`,
          index % 16 === 0 ? undefined : index % 2 ? keysOf(index) : keysOf(index).reverse(),
        ),
      ),
    );
    expect(await names()).toHaveLength(64);
  });

  test("tables of a newer version are refused, and left as they are", async () => {
    const nothing = { async up() {} };
    const older = migrate(database as Database<unknown>, "test", {});
    await expect(older).rejects.toThrow(/newer version of Veza \(0001\)/);
    await migrate(database as Database<unknown>, "test", { "0001": nothing, "0002": nothing });
    await expect(migrate(database as Database<unknown>, "test", { "0001": nothing })).rejects.toThrow("0002");
    expect(await names()).toEqual([]);
  });

  test("a step that fails leaves nothing, and is taken again the next time", async () => {
    const steps = (isBroken: boolean) => ({
      "0001": { async up() {} },
      "0002": {
        async up(db: Parameters<NonNullable<Parameters<typeof migrate>[2][string]["up"]>>[0]) {
          await db.schema.createTable("more").addColumn("id", "integer").execute();
          if (isBroken) throw new Error("on purpose");
        },
      },
    });
    await expect(migrate(database as Database<unknown>, "test", steps(true))).rejects.toThrow("on purpose");
    await migrate(database as Database<unknown>, "test", steps(false));
    expect((await database.read.introspection.getTables()).map(({ name }) => name)).toContain("more");
  });

  test("text with U+0000 is stored, or refused in words for the caller", async () => {
    const outcome = await add(1, "a\u0000b").catch((error: unknown) => error);
    if (outcome !== 1) expect(outcome).toMatchObject({ reason: Reason.INVALID_FIELD });
    await add(2, "the next one");
    expect(await names()).toContain("the next one");
  });
});
