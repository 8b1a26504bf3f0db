import { type DestinationStream, type Logger, pino } from "pino";
import pretty from "pino-pretty";
import type { Tracing } from "./telemetry/tracing.ts";

export type Log = Logger;

/** Lines are written together: when there are this many characters of them, or this long after the first. */
const flushLength = 65_536;
const flushMs = 50;

/**
 * Lines as JSON, or for a person at a terminal. Secrets never reach a line: nothing logs headers, tokens or bodies.
 * JSON lines reach standard output up to 50 ms late, all of them when the process ends; `flush` hurries.
 */
export function createLog(options: {
  level: string;
  format: "json" | "pretty";
  destination?: DestinationStream;
  /** Every line that is written inside of a span names it. */
  tracing?: Tracing | undefined;
}): Log {
  const { tracing } = options;
  const config = {
    level: options.level,
    base: null,
    timestamp: isoTime(),
    ...(tracing === undefined ? {} : { mixin: () => spanOf(tracing) }),
  };
  if (options.destination) return pino(config, options.destination);
  if (options.format === "pretty") return pino(config, pretty({ colorize: true, singleLine: true, sync: true }));
  return pino(config, gatheredOutput());
}

/**
 * Standard output for many short lines. They are gathered here rather than by pino's destination, which measures all that
 * it holds at each line.
 */
function gatheredOutput(): DestinationStream & { flush(): void } {
  let output: DestinationStream | undefined;
  let gathered = "";
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (gathered === "") return;
    const lines = gathered;
    gathered = "";
    output?.write(lines);
  }
  function open(): DestinationStream {
    // Ahead of the destination's own listeners, which write what it holds.
    process.on("beforeExit", flush).on("exit", flush);
    return pino.destination({ fd: 1, sync: false });
  }

  return {
    write(line) {
      output ??= open();
      gathered += line;
      if (gathered.length >= flushLength) flush();
      else timer ??= setTimeout(flush, flushMs).unref();
    },
    flush,
  };
}

function spanOf(tracing: Tracing): Record<string, string> {
  const context = tracing.current()?.context;
  return context === undefined ? {} : { trace_id: context.traceId, span_id: context.spanId };
}

/** The time as pino wants it, made once a millisecond: under load many lines share one. */
function isoTime(): () => string {
  let madeAt = 0;
  let made = "";
  return () => {
    const now = Date.now();
    if (now !== madeAt) {
      madeAt = now;
      made = `,"time":"${new Date(now).toISOString()}"`;
    }
    return made;
  };
}
