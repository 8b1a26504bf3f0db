import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, test } from "vitest";
import { startApp } from "../kit/app.ts";
import { selfSigned } from "../kit/certificate.ts";
import { spawnVeza } from "../kit/process.ts";
import { expectAlerts, startPrometheus, withoutPrometheus } from "../kit/prometheus.ts";
import { scrape } from "../kit/scrape.ts";

test.skipIf(withoutPrometheus)("a certificate that expires soon", async () => {
  const folder = await mkdtemp(join(tmpdir(), "veza-certificate-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { cert, key } = selfSigned();
  await writeFile(join(folder, "cert.pem"), cert);
  await writeFile(join(folder, "key.pem"), key);
  await using app = await startApp({
    env: { VEZA_TLS_CERT: join(folder, "cert.pem"), VEZA_TLS_KEY: join(folder, "key.pem") },
  });
  await using prometheus = await startPrometheus([app.gateway]);
  await expectAlerts(prometheus, ["VezaCertificateExpires"]);
});

test.skipIf(withoutPrometheus)("files and sockets that are nearly used up", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "veza-files-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const env = { VEZA_HTTP_PORT: "0", VEZA_CHAT_PORT: "0", VEZA_STREAM_PORT: "0", VEZA_DATA_DIR: dataDir };
  const files = 120;
  const veza = await spawnVeza(env, { files });
  onTestFinished(async () => void (await veza.end("SIGKILL")));
  await using prometheus = await startPrometheus([veza.gateway]);
  const open = await scrape(veza.gateway);
  const { hostname, port } = new URL(veza.gateway);
  const sockets = Array.from({ length: Math.ceil(files * 0.85) - (open.value("process_open_fds") ?? 0) }, () =>
    connect(Number(port), hostname),
  );
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await expectAlerts(prometheus, ["VezaFilesNearlyUsedUp"]);
});
