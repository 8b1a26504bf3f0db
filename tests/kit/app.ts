import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, startApp as start } from "#src/compose/app.ts";
import type { PlatformOverrides } from "#src/compose/platform.ts";
import { readConfig } from "#src/platform/config.ts";
import { databaseEnv, dropDatabaseOf } from "./databases.ts";
import { startNats } from "./nats.ts";

export interface TestApp extends AsyncDisposable {
  readonly app: App;
  /** `http://127.0.0.1:port` of each part. */
  readonly gateway: string;
  readonly chat: string;
  readonly stream: string;
  readonly dataDir: string;
}

export interface TestAppOptions {
  /** VEZA_ variables on top of those that every test has: free ports, a folder of its own, warnings only in the log. */
  readonly env?: Record<string, string>;
  readonly overrides?: PlatformOverrides;
  /** The folder of an app that ran before; it is then left there. */
  readonly dataDir?: string;
}

/**
 * The real app, whole, on free ports and in a folder that is gone afterwards; on the database that VEZA_TEST_DATABASE
 * says, and with VEZA_TEST_BUS=nats on a NATS server of its own.
 */
export async function startApp(options: TestAppOptions = {}): Promise<TestApp> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "veza-test-")));
  await using made = new AsyncDisposableStack();
  const nats = process.env.VEZA_TEST_BUS === "nats" ? made.use(await startNats()) : undefined;
  const config = readConfig({
    VEZA_HTTP_PORT: "0",
    VEZA_CHAT_PORT: "0",
    VEZA_STREAM_PORT: "0",
    VEZA_DATA_DIR: dataDir,
    VEZA_LOG_LEVEL: "error",
    VEZA_LOG_FORMAT: "json",
    VEZA_RATE_LIMIT: "off",
    ...(await databaseEnv(dataDir)),
    ...(nats !== undefined && { VEZA_NATS_URL: nats.url }),
    ...options.env,
  });
  const app = await start(config, options.overrides);
  const around = made.move();
  const { gateway = "", chat = "", stream = "" } = app.addresses;
  return {
    app,
    gateway,
    chat,
    stream,
    dataDir,
    async [Symbol.asyncDispose]() {
      await app.stop();
      await around.disposeAsync();
      if (options.dataDir !== undefined) return;
      await dropDatabaseOf(dataDir);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
