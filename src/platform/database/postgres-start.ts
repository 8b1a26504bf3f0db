import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { limits } from "../limits.ts";
import type { Log } from "../log.ts";
import { isRefusal } from "./postgres-errors.ts";
import { settingsOf } from "./postgres-sessions.ts";

const bounds = limits.store.postgres;
/** The oldest that Veza is tested with. */
const oldestVersion = 15;

/**
 * Waits for the server, a bounded time: it may be starting at this very moment, or another be taking over. Throws what
 * is wrong with the server, or with the way to it, in words for the operator.
 */
export async function reach(url: string, log: Log): Promise<void> {
  const until = performance.now() + bounds.startMs;
  let hasComplained = false;
  for (;;) {
    try {
      return await look(url);
    } catch (error) {
      const reason = error instanceof Error && error.message !== "" ? error.message : String(error);
      if (error instanceof Unfit || isRefusal(error) || performance.now() >= until) {
        throw new Error(`VEZA_DATABASE_URL (${placeOf(url)}): ${reason}`, { cause: error });
      }
      if (!hasComplained) log.warn({ database: placeOf(url), reason }, "waiting for the database");
      hasComplained = true;
      await sleep(bounds.startRetryMs);
    }
  }
}

class Unfit extends Error {}

async function look(url: string): Promise<void> {
  const client = new Client(settingsOf(url));
  // What goes wrong is told to those who wait.
  client.on("error", () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ version: number; encoding: string }>(
      "SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding",
    );
    const { version = 0, encoding = "" } = rows[0] ?? {};
    if (version < oldestVersion * 10_000) throw new Unfit(`needs PostgreSQL ${oldestVersion} or newer`);
    if (encoding !== "UTF8") throw new Unfit(`the database holds ${encoding}: make one with ENCODING 'UTF8'`);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Host, port and name: never the password. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
