import { type Config, ConfigError, readConfig } from "../platform/config.ts";

const patienceMs = 3_000;

/** Asks each part that this configuration runs whether it is ready: for health checks where there is nothing but Node. */
export async function askHealth(): Promise<void> {
  try {
    const config = readConfig(process.env);
    // The certificate is for whoever comes from outside; this call never leaves the machine.
    if (config.tls !== undefined) process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    await Promise.all(config.parts.map((part) => askPart(config, part)));
    process.exit(0);
  } catch (error) {
    const sentence = error instanceof ConfigError ? error.mistakes.join("\n") : String((error as Error).message);
    process.stderr.write(`${sentence}\n`);
    process.exit(1);
  }
}

async function askPart(config: Config, part: Config["parts"][number]): Promise<void> {
  const host = config.host === "0.0.0.0" || config.host === "::" ? "127.0.0.1" : config.host;
  const url = `${config.tls === undefined ? "http" : "https"}://${host}:${config.ports[part]}/health/ready`;
  const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
  if (!response.ok) throw new Error(`${part} is not ready: ${url} answered ${response.status}`);
}
