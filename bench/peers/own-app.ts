import { StatementSync } from "node:sqlite";
import { startApp } from "../../tests/kit/app.ts";
import { serveParent } from "../kit/serve.ts";

// The real app as its own tests start it, in a folder on disk that is gone afterwards, with a log line for each call.

/** How often each statement was run, by its text; counted only when asked for, as counting costs. */
const runs = new Map<string, number>();
if (process.env.BENCH_COUNT_READS !== undefined) {
  for (const method of ["all", "get", "iterate"] as const) {
    const original = StatementSync.prototype[method] as (...values: unknown[]) => unknown;
    Object.assign(StatementSync.prototype, {
      [method](this: StatementSync, ...values: unknown[]) {
        runs.set(this.sourceSQL, (runs.get(this.sourceSQL) ?? 0) + 1);
        return original.apply(this, values);
      },
    });
  }
}

const dataDir = process.env.BENCH_DATA_DIR;
const databaseUrl = process.env.BENCH_DATABASE_URL;
const natsUrl = process.env.BENCH_NATS_URL;
const own = await startApp({
  env: {
    VEZA_LOG_LEVEL: "info",
    ...(databaseUrl !== undefined && { VEZA_DATABASE_URL: databaseUrl }),
    ...(natsUrl !== undefined && { VEZA_NATS_URL: natsUrl }),
  },
  ...(dataDir === undefined ? {} : { dataDir }),
});
serveParent(
  { port: Number(new URL(own.chat).port), gateway: own.gateway, dataDir: own.dataDir },
  {
    /** The statements run since the last time this was asked. */
    runs() {
      const counted = [...runs];
      runs.clear();
      return counted;
    },
    end: () => own[Symbol.asyncDispose](),
  },
);
