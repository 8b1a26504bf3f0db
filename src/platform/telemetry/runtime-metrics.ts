import { readdir, readFile, statfs } from "node:fs/promises";
import { PerformanceObserver, performance } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { limits } from "../limits.ts";
import { shortSecondsBounds } from "./instruments.ts";
import type { Metrics } from "./metrics.ts";

const gcKinds: Readonly<Record<number, string>> = {
  1: "minor",
  2: "minor",
  4: "major",
  8: "incremental",
  16: "weakcb",
};

/**
 * What the process itself is like: time, memory, garbage, the event loop, and the disk under its data. The names are
 * those that Prometheus' own clients use, so that dashboards made for them fit.
 */
export function watchRuntime(metrics: Metrics, { dataDir }: { dataDir: string }): Disposable {
  const startedAt = performance.timeOrigin / 1000;
  metrics.observe(
    "gauge",
    { name: "process.start_time", unit: "s", help: "When the process began, since 1970." },
    () => startedAt,
  );
  metrics.observe("counter", { name: "process.cpu", unit: "s", help: "Time on a processor, user and system." }, () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.observe(
    "gauge",
    { name: "process.resident_memory", unit: "By", help: "Memory that the process holds." },
    () => process.memoryUsage.rss(),
  );
  metrics.observe("gauge", { name: "v8js.memory.heap.used", unit: "By", help: "JavaScript's heap in use." }, () => {
    return getHeapStatistics().used_heap_size;
  });
  metrics.observe(
    "gauge",
    { name: "v8js.memory.heap.limit", unit: "By", help: "What JavaScript's heap may have." },
    () => {
      return getHeapStatistics().heap_size_limit;
    },
  );
  metrics.observe(
    "gauge",
    { name: "nodejs.active_resources", unit: "{resource}", help: "What keeps the process busy, by kind." },
    () => activeResources(),
  );
  watchFiles(metrics, dataDir);

  const gc = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { duration, detail } = entry as typeof entry & { readonly detail: { readonly kind: number } };
      const kind = gcKinds[detail.kind] ?? "other";
      metrics
        .histogram(
          { name: "v8js.gc.duration", unit: "s", help: "Collections of garbage." },
          { bounds: shortSecondsBounds, labels: { "v8js.gc.type": kind } },
        )
        .record(duration / 1000);
    }
  });
  gc.observe({ entryTypes: ["gc"] });
  const stopLoop = watchEventLoop(metrics);
  return {
    [Symbol.dispose]() {
      gc.disconnect();
      stopLoop();
    },
  };
}

/** How late timers are: what everything else in the process waits for as well. */
function watchEventLoop(metrics: Metrics): () => void {
  const delay = metrics.histogram(
    { name: "nodejs.eventloop.delay", unit: "s", help: "How late a timer of the event loop is." },
    { bounds: shortSecondsBounds },
  );
  const everyMs = limits.telemetry.eventLoopProbeMs;
  let due = performance.now() + everyMs;
  const timer = setInterval(() => {
    const now = performance.now();
    delay.record(Math.max(0, now - due) / 1000);
    due = now + everyMs;
  }, everyMs).unref();
  let last = performance.eventLoopUtilization();
  metrics.observe(
    "gauge",
    {
      name: "nodejs.eventloop.utilization",
      unit: "1",
      help: "Share of time that the event loop was busy since the last reading.",
    },
    () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      return utilization;
    },
  );
  return () => clearInterval(timer);
}

function activeResources(): [{ type: string }, number][] {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, count]) => [{ type }, count]);
}

/** Open files and the disk: known only by asking the system. What it does not tell is absent. */
function watchFiles(metrics: Metrics, dataDir: string): void {
  let open: number | undefined;
  let most: number | undefined;
  let disk: { free: number; size: number } | undefined;
  metrics.prepare(async () => {
    open = await readdir("/proc/self/fd").then(
      (names) => names.length,
      () => undefined,
    );
    most ??= await readFile("/proc/self/limits", "utf8").then(
      (text) => Number(/^Max open files\s+(\d+)/m.exec(text)?.[1] ?? Number.NaN),
      () => undefined,
    );
    disk = await statfs(dataDir).then(
      ({ bavail, blocks, bsize }) => ({ free: bavail * bsize, size: blocks * bsize }),
      () => undefined,
    );
  });
  const known = (value: number | undefined) => (value === undefined ? [] : value);
  metrics.observe("gauge", { name: "process.open_fds", unit: "{file}", help: "Open files and sockets." }, () =>
    known(open),
  );
  metrics.observe("gauge", { name: "process.max_fds", unit: "{file}", help: "How many files may be open." }, () =>
    known(most),
  );
  metrics.observe(
    "gauge",
    { name: "veza.data.free", unit: "By", help: "Room left on the disk of VEZA_DATA_DIR." },
    () => known(disk?.free),
  );
  metrics.observe("gauge", { name: "veza.data.size", unit: "By", help: "Size of the disk of VEZA_DATA_DIR." }, () =>
    known(disk?.size),
  );
}
