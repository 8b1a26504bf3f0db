import { type DestinationStream, type Logger, pino } from "pino";
import pretty from "pino-pretty";

export type Log = Logger;

/** Lines as JSON, or for a person at a terminal. Secrets never reach a line: nothing logs headers, tokens or bodies. */
export function createLog(options: { level: string; format: "json" | "pretty"; destination?: DestinationStream }): Log {
  const config = { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (options.destination) return pino(config, options.destination);
  if (options.format === "pretty") return pino(config, pretty({ colorize: true, singleLine: true, sync: true }));
  return pino(config, pino.destination({ fd: 1, sync: false }));
}
