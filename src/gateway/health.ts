import { Hono } from "hono";

/** Asks a service something that takes it to its store and back. Rejects when it does not answer. */
export type Probe = () => Promise<void>;
export type Probes = Readonly<Record<"auth" | "chat" | "stream", Probe>>;

interface PartHealth {
  readonly status: "ok" | "down";
  /** How long the part took to answer; absent when it did not. */
  readonly latency_ms?: number;
}

/** What takes longer than this to answer counts as down. */
const probeTimeoutMs = 1000;

/**
 * `/health` asks every part, `/health/live` says that the process runs, `/health/ready` whether it should be sent work.
 */
export function healthEndpoints(needs: {
  version: string;
  isServing: () => boolean;
  probes: Probes;
  /** What this process cannot do without: a part elsewhere that is down makes no gateway useless. */
  needed: readonly Probe[];
  /** Absent where there is no bus beyond this process. */
  bus: Probe | undefined;
}): Hono {
  const { version, isServing, probes, needed, bus } = needs;
  const startedAt = performance.now();

  return new Hono()
    .get("/", async (context) => {
      const [services, busHealth] = await Promise.all([
        Promise.all(Object.entries(probes).map(async ([name, probe]) => [name, await ask(probe)] as const)),
        bus && ask(bus),
      ]);
      const down = services.filter(([, part]) => part.status === "down").length;
      const isWhole = down === 0 && busHealth?.status !== "down";
      const status = down === services.length || !isServing() ? "down" : isWhole ? "ok" : "degraded";
      const uptime = Math.round((performance.now() - startedAt) / 100) / 10;
      return context.json(
        { status, services: Object.fromEntries(services), ...(busHealth && { bus: busHealth }), version, uptime },
        status === "down" ? 503 : 200,
      );
    })
    .get("/live", (context) => context.json({ status: "ok" }))
    .get("/ready", async (context) => {
      const answers = await Promise.all(needed.map(ask));
      const ready = isServing() && answers.every(({ status }) => status === "ok");
      return context.json({ status: ready ? "ok" : "down" }, ready ? 200 : 503);
    });
}

/** Asks one part. Never rejects. */
export async function ask(probe: Probe): Promise<PartHealth> {
  const startedAt = performance.now();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("no answer")), probeTimeoutMs);
  try {
    await Promise.race([probe(), late.promise]);
    return { status: "ok", latency_ms: Math.round((performance.now() - startedAt) * 1000) / 1000 };
  } catch {
    // What is wrong with the part is in its own log; here it counts only that it did not answer.
    return { status: "down" };
  } finally {
    clearTimeout(timer);
  }
}
