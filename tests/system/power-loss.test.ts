import { copyFileSync, mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Database } from "#src/platform/database/database.ts";
import { createSqliteDatabase } from "#src/platform/database/sqlite-database.ts";
import { openSqliteLog, type SqliteLog } from "#src/platform/database/sqlite-log.ts";
import { randomOf } from "../kit/random.ts";

interface Tables {
  notes: { id: number; words: string };
}

vi.mock(import("../../src/platform/limits.ts"), async (original) => {
  const { limits } = await original();
  return { limits: { ...limits, store: { ...limits.store, writesPerCheckpoint: 50 } } } as never;
});

describe("a loss of power", () => {
  let folder: string;
  let database: Database<Tables>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "veza-power-"));
  });
  afterEach(async () => {
    await database[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  async function open(openLog: (path: string) => SqliteLog, lost?: (error: Error) => void): Promise<void> {
    database = createSqliteDatabase(join(folder, "veza.sqlite"), {
      openLog,
      ...(lost && { lost }),
    }) as Database<Tables>;
    await database.write((tx) => sql`CREATE TABLE notes (id INTEGER PRIMARY KEY, words TEXT)`.execute(tx));
  }
  const add = (id: number) =>
    database.write((tx) =>
      tx
        .insertInto("notes")
        .values({ id, words: `note ${id} `.repeat(100) })
        .execute(),
    );

  test("at any moment leaves what was acknowledged, and what anybody has read", async () => {
    const random = randomOf(5);
    /** Copies of what was surely on the disk, oldest first. */
    const states: string[] = [];
    await open((path) => {
      const log = openSqliteLog(path);
      return {
        async flush() {
          const copy = join(folder, `disk-${states.length}`);
          mkdirSync(copy);
          copyFileSync(path, join(copy, "veza.sqlite"));
          copyFileSync(`${path}-wal`, join(copy, "veza.sqlite-wal"));
          // Others go on while the disk is slow.
          await sleep(random() * 3);
          await log.flush();
          states.push(copy);
        },
        [Symbol.dispose]: () => log[Symbol.dispose](),
      };
    });

    /** How many copies there were when a note was first known to somebody. */
    const knownAt = new Map<number, number>();
    const know = (id: number) => knownAt.has(id) || knownAt.set(id, states.length);
    let last = 0;
    let isOver = false;
    const reading = (async () => {
      for (; !isOver; await sleep(0)) {
        for (const { id } of await database.read.selectFrom("notes").select("id").execute()) know(id);
      }
    })();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let count = 0; count < 40; count += 1) {
          last += 1;
          const id = last;
          await add(id);
          know(id);
          await sleep(random() * 4);
        }
      }),
    );
    isOver = true;
    await reading;

    expect(knownAt.size).toBe(320);
    expect(states.length).toBeGreaterThan(20);
    for (const [index, copy] of states.entries()) {
      using restored = new DatabaseSync(join(copy, "veza.sqlite"));
      const found = new Set(
        restored
          .prepare("SELECT id FROM notes")
          .all()
          .map(({ id }) => id),
      );
      const known = [...knownAt].filter(([, at]) => at <= index + 1).map(([id]) => id);
      expect(known.filter((id) => !found.has(id))).toEqual([]);
    }
  });

  test("that the disk announces by an error: nothing is acknowledged or shown any more", async () => {
    let isBroken = false;
    const lost = vi.fn();
    await open((path) => {
      const log = openSqliteLog(path);
      return {
        flush: () => (isBroken ? Promise.reject(new Error("EIO: i/o error, fdatasync")) : log.flush()),
        [Symbol.dispose]: () => log[Symbol.dispose](),
      };
    }, lost);
    await add(1);
    isBroken = true;
    const several = await Promise.allSettled([add(2), add(3)]);
    expect(several.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(add(4)).rejects.toThrow("the disk has failed");
    expect(lost).toHaveBeenCalledOnce();
    expect(await database.read.selectFrom("notes").select("id").execute()).toEqual([{ id: 1 }]);
  });
});
