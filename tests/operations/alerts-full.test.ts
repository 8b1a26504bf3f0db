import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { type ClientHttp2Session, connect } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { startApp } from "../kit/app.ts";
import { expectAlerts, startPrometheus, withoutPrometheus } from "../kit/prometheus.ts";

const connections = 50;

// So that a test can use them up.
vi.mock(import("../../src/platform/limits.ts"), async (original) => {
  const { limits } = await original();
  return { limits: { ...limits, port: { ...limits.port, connections: 50 } } } as never;
});

/** Clients that stay, and do nothing, until the test is over. */
async function connected(address: string, count: number): Promise<void> {
  const sessions = Array.from({ length: count }, (): ClientHttp2Session => connect(address));
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
  });
  await Promise.all(sessions.map((session) => once(session, "remoteSettings")));
}

test.skipIf(withoutPrometheus)("connections that are nearly used up", async () => {
  await using app = await startApp();
  await using prometheus = await startPrometheus([app.gateway]);
  await connected(app.gateway, connections * 0.84);
  await expectAlerts(prometheus, ["VezaConnectionsNearlyUsedUp"]);
});

const isRoot = process.getuid?.() === 0;

test.skipIf(withoutPrometheus || !isRoot)("a disk that is nearly full, which only root can mount", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "veza-disk-"));
  const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=32m", "tmpfs", dataDir]);
  onTestFinished(async () => {
    if (status === 0) spawnSync("umount", [dataDir]);
    await rm(dataDir, { recursive: true, force: true });
  });
  expect(status, String(stderr)).toBe(0);
  await using app = await startApp({ dataDir });
  await using prometheus = await startPrometheus([app.gateway]);
  const { bavail, blocks, bsize } = await statfs(dataDir);
  await writeFile(join(dataDir, "ballast"), Buffer.alloc((bavail - Math.floor(blocks * 0.07)) * bsize, 1));
  await expectAlerts(prometheus, ["VezaDiskNearlyFull"]);
});
