import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { limits } from "#src/platform/limits.ts";
import { startApp } from "../kit/app.ts";
import { person } from "../kit/people.ts";
import { startPostgres } from "../kit/postgres.ts";
import { expectAlerts, startPrometheus, withoutPrometheus } from "../kit/prometheus.ts";

const without = (process.env.VEZA_TEST_WITHOUT ?? "").split(",").includes("postgres");

test.skipIf(without || withoutPrometheus)("a PostgreSQL that is busy, and then gone, raises alerts", async () => {
  await using server = await startPostgres();
  await using app = await startApp({ env: { VEZA_DATABASE_URL: server.url("postgres"), VEZA_LOG_LEVEL: "fatal" } });
  const alice = await person(app, "alice");
  await alice.chat.listRooms({});
  await using prometheus = await startPrometheus([app.gateway]);
  await expect.poll(async () => (await prometheus.query("up == 1")).length, { timeout: 20_000 }).toBe(1);

  const { read } = app.app.platform.database;
  const busy = Array.from({ length: limits.store.postgres.readers + 5 }, () => sql`SELECT pg_sleep(1)`.execute(read));
  await expectAlerts(prometheus, ["VezaDatabaseConnectionsUsedUp"]);
  await Promise.all(busy);

  await server.crash();
  let stop = false;
  const calling = (async () => {
    while (!stop) {
      await alice.chat.listRooms({}).catch(() => undefined);
      await sleep(50);
    }
  })();
  try {
    await expectAlerts(prometheus, ["VezaDatabaseUnreachable", "VezaCallsFail", "VezaPartDown"]);
  } finally {
    stop = true;
    await calling;
    await server.start();
  }
});
