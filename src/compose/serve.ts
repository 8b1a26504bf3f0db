import { ConfigError, readConfig } from "../platform/config.ts";
import { startApp } from "./app.ts";

/** Runs what the configuration names until a signal ends it. Ends the process itself, with 2 for a wrong configuration. */
export async function serve(): Promise<void> {
  try {
    await start();
  } catch (error) {
    if (error instanceof ConfigError) {
      process.stderr.write(`The configuration has mistakes:\n${error.mistakes.map((each) => `  ${each}\n`).join("")}`);
      process.exit(2);
    }
    process.stderr.write(`Veza could not start: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

async function start(): Promise<void> {
  const config = readConfig(process.env);
  const app = await startApp(config);

  function stop(signal: NodeJS.Signals): void {
    app.platform.log.info({ signal }, "stopping");
    app.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        app.platform.log.error({ err: error }, "stopping failed");
        process.exit(1);
      },
    );
  }
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  // Last: who reads this may send a signal at once.
  app.platform.log.info({ addresses: app.addresses, node: process.version }, "ready");
  app.platform.log.flush();
}
