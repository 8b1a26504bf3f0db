import type { Metrics } from "../telemetry/metrics.ts";
import { inSpan, type Span, type Tracing } from "../telemetry/tracing.ts";
import type { Database, RunStatement } from "./database.ts";
import { operationSeconds, systemOf } from "./database-metrics.ts";

/** The same database, with every write measured from being asked for to being durable, and a span in the trace it is part of. */
export function measuredDatabase<Tables>(
  database: Database<Tables>,
  needs: { metrics: Metrics; tracing: Tracing | undefined },
): Database<Tables> {
  const { metrics, tracing } = needs;
  const system = systemOf(database.dialect);
  const seconds = operationSeconds(metrics, { dialect: database.dialect, operation: "write" });
  const waiting = metrics.gauge({
    name: "veza.database.writes_waiting",
    unit: "{write}",
    help: "Writes that were asked for and are not durable yet.",
  });

  async function measured<Result>(service: string, write: (span: Span | undefined) => Promise<Result>) {
    const startedAt = performance.now();
    waiting.value += 1;
    const start = {
      name: `transaction ${service}`,
      kind: "client",
      attributes: { "db.system.name": system, "db.operation.name": "transaction" },
    } as const;
    try {
      return await inSpan(tracing, start, write);
    } finally {
      waiting.value -= 1;
      seconds.record((performance.now() - startedAt) / 1000);
    }
  }

  const seenBy = <Seen>(inner: Database<Seen>, service: string): Database<Seen> => ({
    dialect: inner.dialect,
    read: inner.read,
    write: (work, options) =>
      measured(service, (span) =>
        // The work runs among those of others: in the span of whoever asked for it.
        inner.write(span === undefined ? work : (tx) => (tracing as Tracing).within(span, () => work(tx)), options),
      ),
    ...(inner.statement !== undefined && { statement: measuredStatement(inner.statement, service) }),
    withTables: <Other>(other: string) => seenBy(inner.withTables<Other>(other), other),
    [Symbol.asyncDispose]: () => inner[Symbol.asyncDispose](),
  });
  function measuredStatement(statement: RunStatement, service: string): RunStatement {
    return (keys, build) => measured(service, () => statement(keys, build));
  }
  return seenBy(database, "");
}
