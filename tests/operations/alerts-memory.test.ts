import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type ClientHttp2Session, connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished, test } from "vitest";
import { spawnVeza } from "../kit/process.ts";
import { expectAlerts, startPrometheus, withoutPrometheus } from "../kit/prometheus.ts";
import { scrape } from "../kit/scrape.ts";

/** Room for a process that has little to do, and for some clients: MB. */
const heap = 44;

test.skipIf(withoutPrometheus)("memory that clients nearly fill", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "veza-memory-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const veza = await spawnVeza({
    VEZA_HTTP_PORT: "0",
    VEZA_CHAT_PORT: "0",
    VEZA_STREAM_PORT: "0",
    VEZA_DATA_DIR: dataDir,
    NODE_OPTIONS: `--max-old-space-size=${heap} --max-semi-space-size=1`,
  });
  onTestFinished(async () => void (await veza.end("SIGKILL")));
  await using prometheus = await startPrometheus([veza.gateway]);
  const sessions: ClientHttp2Session[] = [];
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
  });
  let fires = false;
  async function heapInUse(): Promise<number> {
    const metrics = await scrape(veza.gateway);
    return (metrics.value("v8js_memory_heap_used_bytes") ?? 0) / (metrics.value("v8js_memory_heap_limit_bytes") ?? 0);
  }
  async function fill(): Promise<void> {
    while (!fires && sessions.length < 4000) {
      // What was garbage is found out, and makes room for more; quite full, the process would end.
      if ((await heapInUse()) > 0.9) {
        await sleep(50);
        continue;
      }
      const more = Array.from({ length: 20 }, () => connect(veza.gateway));
      sessions.push(...more);
      await Promise.all(more.map((session) => once(session, "remoteSettings")));
    }
  }
  const alert = expectAlerts(prometheus, ["VezaMemoryNearlyFull"]).finally(() => {
    fires = true;
  });
  await Promise.all([alert, fill()]);
});
