import type { Metrics } from "../telemetry/metrics.ts";
import type { Files } from "./files.ts";

type Operation = "receive" | "keep" | "open" | "remove";

/** The same files, with what is done to them measured: how long it takes, how it ends, and how much came in. */
export function measuredFiles(files: Files, metrics: Metrics): Files {
  const received = metrics.counter({ name: "veza.files.received", unit: "By", help: "Bytes of files that came in." });

  async function measured<Result>(operation: Operation, work: Promise<Result>): Promise<Result> {
    const startedAt = performance.now();
    const took = (outcome: string) =>
      metrics
        .histogram(
          { name: "veza.files.operation.duration", unit: "s", help: "What is done to files, by how it ended." },
          { labels: { operation, outcome } },
        )
        .record((performance.now() - startedAt) / 1000);
    try {
      const result = await work;
      took("ok");
      return result;
    } catch (error) {
      took(error instanceof Error && expected.has(error.name) ? error.name : "failed");
      throw error;
    }
  }

  return {
    async receive(bytes, maxBytes) {
      const file = await measured("receive", files.receive(bytes, maxBytes));
      received.add(file.size);
      return file;
    },
    keep: (key, path) => measured("keep", files.keep(key, path)),
    open: (key) => measured("open", files.open(key)),
    remove: (key) => measured("remove", files.remove(key)),
    keptBefore: (folder, at) => files.keptBefore(folder, at),
    forgetIncoming: (at) => files.forgetIncoming(at),
  };
}

/** Failures of who sends, under their own names. */
const expected = new Set(["FileTooLarge", "IncomingStalled"]);
