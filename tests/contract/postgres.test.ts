import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type Kysely, sql } from "kysely";
import { Client } from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "#src/platform/database/database.ts";
import { migrate } from "#src/platform/database/migrate.ts";
import { openPostgres } from "#src/platform/database/postgres-database.ts";
import { Reason } from "#src/platform/failure.ts";
import { createLog } from "#src/platform/log.ts";
import { startApp } from "../kit/app.ts";
import { dropDatabaseOf, postgresOf, present } from "../kit/databases.ts";
import { failureOf } from "../kit/failures.ts";
import { migrateAll } from "../kit/migrations.ts";
import { person } from "../kit/people.ts";
import { startPostgres } from "../kit/postgres.ts";
import { createWire, type Fate, type Wire } from "../kit/wire.ts";

interface Tables {
  counters: { name: string; value: number };
}

const log = createLog({ level: "silent", format: "json" });
const via = (url: string, { port }: Wire) => Object.assign(new URL(url), { port: String(port) }).href;

describe.runIf(present.includes("postgres"))("on PostgreSQL", () => {
  let dir: string;
  let url: string;
  const opened: AsyncDisposable[] = [];

  /** The same database, as another process has it. */
  async function open(at = url): Promise<Database<Tables>> {
    const database = await openPostgres(at, log);
    opened.push(database);
    return database.withTables<Tables>("test");
  }

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "veza-postgres-test-"));
    url = await postgresOf(dir, "empty");
  });
  afterEach(async () => {
    for (const each of opened.splice(0)) await each[Symbol.asyncDispose]();
    await dropDatabaseOf(dir);
    await rm(dir, { recursive: true });
  });

  async function withCounters(database: Database<Tables>): Promise<Database<Tables>> {
    await migrate(database as Database<unknown>, "test", {
      "0001": {
        async up(db) {
          await db.schema
            .createTable("counters")
            .addColumn("name", "text", (c) => c.primaryKey())
            .addColumn("value", "bigint", (c) => c.notNull())
            .execute();
        },
      },
    });
    await database.write((tx) =>
      tx
        .insertInto("counters")
        .values(["a", "b"].map((name) => ({ name, value: 0 })))
        .execute(),
    );
    return database;
  }
  const counted = async (database: Database<Tables>, name = "a") =>
    (await database.read.selectFrom("counters").select("value").where("name", "=", name).executeTakeFirstOrThrow())
      .value;
  /** Reads, and writes what it decides by that: two at once on one counter would lose one. */
  const count = (database: Database<Tables>, name: string, keys?: readonly string[]) =>
    database.write(async (tx) => {
      const { value } = await tx
        .selectFrom("counters")
        .select("value")
        .where("name", "=", name)
        .executeTakeFirstOrThrow();
      await tx
        .updateTable("counters")
        .set({ value: value + 1 })
        .where("name", "=", name)
        .execute();
    }, keys && { keys });

  test("works of several processes on one thing run one after the other, with keys and without", async () => {
    const processes = [await withCounters(await open()), await open(), await open()];
    await Promise.all(
      processes.flatMap((database) =>
        Array.from({ length: 20 }, (_, index) => count(database, "a", index % 5 === 0 ? undefined : ["a", `${index}`])),
      ),
    );
    expect(await counted(processes[0] as Database<Tables>)).toBe(60);
  });

  test("works on different things run at the same time", async () => {
    const database = await withCounters(await open());
    const first = Promise.withResolvers<void>();
    const second = Promise.withResolvers<void>();
    await Promise.all([
      database.write(
        async () => {
          first.resolve();
          await second.promise;
        },
        { keys: ["a"] },
      ),
      database.write(
        async () => {
          second.resolve();
          await first.promise;
        },
        { keys: ["b"] },
      ),
    ]);
  });

  test("of two works that wait for each other's rows, the one that is undone runs again", async () => {
    const database = await withCounters(await open());
    let runs = 0;
    const meet = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const both = (mine: number, names: readonly [string, string]) =>
      database.write(
        async (tx) => {
          runs += 1;
          const add = (name: string) =>
            tx
              .updateTable("counters")
              .set((eb) => ({ value: eb("value", "+", 1) }))
              .where("name", "=", name)
              .execute();
          await add(names[0]);
          meet[mine]?.resolve();
          await meet[1 - mine]?.promise;
          await add(names[1]);
        },
        { keys: [`work ${mine}`] },
      );
    await Promise.all([both(0, ["a", "b"]), both(1, ["b", "a"])]);
    // And once more, when the one that is undone is back before the other one has gone on.
    expect(runs).toBeGreaterThanOrEqual(3);
    expect([await counted(database, "a"), await counted(database, "b")]).toEqual([2, 2]);
  });

  test.each<{ fate: Fate; happened: number }>([
    { fate: "cut before", happened: 0 },
    { fate: "cut after", happened: 1 },
  ])(
    "a commit that is lost on its way ($fate) is never said to have failed, and never done twice",
    async (expected) => {
      await withCounters(await open());
      await using wire = await createWire(Number(new URL(url).port));
      const database = await open(via(url, wire));
      wire.fateOf = (sent) => {
        if (!sent.includes("COMMIT")) return "pass";
        wire.fateOf = undefined;
        return expected.fate;
      };
      const lost = count(database, "a");
      await expect(lost).rejects.toMatchObject({
        reason: Reason.UNAVAILABLE,
        message: expect.stringContaining("request_id"),
        details: { retryAfterMs: expect.any(Number) },
      });
      expect(await counted(database)).toBe(expected.happened);
      await count(database, "a");
      expect(await counted(database)).toBe(expected.happened + 1);
    },
  );

  test("a connection that is lost before the commit costs nobody anything", async () => {
    const database = await withCounters(await open());
    let runs = 0;
    const killer = new Client({ connectionString: url });
    await killer.connect();
    await using _ = { [Symbol.asyncDispose]: () => killer.end() };
    await database.write(async (tx) => {
      runs += 1;
      await tx
        .updateTable("counters")
        .set((eb) => ({ value: eb("value", "+", 1) }))
        .where("name", "=", "a")
        .execute();
      if (runs > 1) return;
      await killer.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
      );
      await tx.selectFrom("counters").selectAll().execute();
    });
    expect(runs).toBe(2);
    expect(await counted(database)).toBe(1);
  });

  test("a work that goes on after one of its queries has failed is not committed", async () => {
    const database = await withCounters(await open());
    const careless = database.write(async (tx) => {
      await tx.insertInto("counters").values({ name: "c", value: 1 }).execute();
      await tx
        .insertInto("counters")
        .values({ name: "a", value: 1 })
        .execute()
        .catch(() => {});
    });
    await expect(careless).rejects.toThrow("after one of its queries had failed");
    expect(await database.read.selectFrom("counters").select("name").orderBy("name").execute()).toHaveLength(2);
  });

  test("five processes that start at once on an empty database make its tables once", async () => {
    const run = promisify(execFile);
    const migrating = new URL("../kit/migrating.ts", import.meta.url).pathname;
    await Promise.all([1, 2, 3, 4, 5].map(() => run(process.execPath, [migrating, url])));
    const database = await open();
    const tables = (await database.read.introspection.getTables()).map(({ name }) => name);
    expect(tables).toEqual(expect.arrayContaining(["auth_accounts", "chat_messages", "stream_streams"]));
    await migrateAll(database as Database<unknown>);
  });

  test("a message is sent in one round trip", async () => {
    const full = await mkdtemp(join(tmpdir(), "veza-postgres-test-"));
    const address = await postgresOf(full);
    try {
      await using wire = await createWire(Number(new URL(address).port));
      await using app = await startApp({ env: { VEZA_DATABASE_URL: via(address, wire) } });
      const alice = await person(app, "alice");
      const { room } = await alice.chat.createRoom({ name: "a room" });
      const roomId = room?.id ?? "";
      const trips: number[] = [];
      for (let index = 0; index < 15; index += 1) {
        const before = wire.trips;
        await alice.chat.sendMessage({ roomId, content: `message ${index}`, requestId: `request ${index}` });
        trips.push(wire.trips - before);
      }
      // The first ones find out who is who; and now and then the app does something of its own meanwhile.
      const usual = trips.sort((one, other) => one - other)[7];
      expect(usual).toBe(1);
      const { messages } = await alice.chat.getMessageHistory({ roomId, limit: 50 });
      expect(messages).toHaveLength(15);
    } finally {
      await dropDatabaseOf(full);
      await rm(full, { recursive: true });
    }
  });

  test("a server that crashes is waited for: calls say unavailable, nothing acknowledged is lost, and all goes on", async () => {
    await using server = await startPostgres({ durable: true });
    await using app = await startApp({ env: { VEZA_DATABASE_URL: server.url("postgres") } });
    const alice = await person(app, "alice");
    const { room } = await alice.chat.createRoom({ name: "a room" });
    const roomId = room?.id ?? "";
    const acknowledged: string[] = [];
    const send = async (content: string) => {
      await alice.chat.sendMessage({ roomId, content, requestId: content });
      acknowledged.push(content);
    };
    const sending = Promise.allSettled(
      Array.from({ length: 50 }, (_, index) => sleep(index * 4).then(() => send(`m${index}`))),
    );
    await sleep(100);
    await server.crash();
    await sending;
    expect(await failureOf(send("while it is away"))).toEqual({ code: "Unavailable", reason: "UNAVAILABLE" });
    const health = await fetch(`${app.gateway}/health`);
    expect(health.status).toBe(503);
    expect(await health.json()).toMatchObject({ status: "down" });

    await server.start();
    await expect.poll(async () => (await fetch(`${app.gateway}/health`)).status, { timeout: 20_000 }).toBe(200);
    for (const content of ["while it is away", ...Array.from({ length: 50 }, (_, index) => `m${index}`)]) {
      if (!acknowledged.includes(content)) await send(content);
    }
    const { messages } = await alice.chat.getMessageHistory({ roomId, limit: 100 });
    expect(messages.map(({ content }) => content).sort()).toEqual([...acknowledged].sort());
    expect(messages).toHaveLength(51);
  });

  test("connections to a server that only reads, as another has taken over, are not kept", async () => {
    const database = await withCounters(await open());
    await count(database, "a", ["a"]);
    const admin = new Client({ connectionString: url });
    await admin.connect();
    const name = new URL(url).pathname.slice(1);
    await admin.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    expect(await counted(database)).toBe(1);
    await expect(count(database, "a", ["a"])).rejects.toMatchObject({ reason: Reason.UNAVAILABLE });
    // From here on whoever connects reaches the one that writes.
    await admin.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`);
    await admin.end();
    await count(database, "a", ["a"]);
    const { rows } = await sql<{ default_transaction_read_only: string }>`SHOW default_transaction_read_only`.execute(
      database.read as Kysely<Tables>,
    );
    expect(rows).toEqual([{ default_transaction_read_only: "off" }]);
    expect(await counted(database)).toBe(2);
  });

  test("a database that is not there is named, without its password", async () => {
    const missing = Object.assign(new URL(url), { pathname: "/nothing", password: "secret-word" }).href;
    const failed = openPostgres(missing, log);
    await expect(failed).rejects.toThrow(
      /VEZA_DATABASE_URL \(127\.0\.0\.1:\d+\/nothing\): database "nothing" does not exist/,
    );
    await expect(failed).rejects.not.toThrow("secret-word");
  });
});
