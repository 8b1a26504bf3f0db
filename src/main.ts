import { startApp } from "./compose/app.ts";
import { ConfigError, readConfig } from "./platform/config.ts";

const usage = `usage: node src/main.ts serve

  serve   run the parts that VEZA_SERVICES names; settings are environment variables, see docs/configuration.md
`;

async function serve(): Promise<void> {
  const config = readConfig(process.env);
  const app = await startApp(config);
  app.platform.log.info({ addresses: app.addresses, node: process.version }, "ready");

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
}

const [command = "serve", ...rest] = process.argv.slice(2);
if (command !== "serve" || rest.length > 0) {
  process.stderr.write(usage);
  process.exit(2);
}
try {
  await serve();
} catch (error) {
  if (error instanceof ConfigError) {
    process.stderr.write(`The configuration has mistakes:\n${error.mistakes.map((each) => `  ${each}\n`).join("")}`);
    process.exit(2);
  }
  process.stderr.write(`Veza could not start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
