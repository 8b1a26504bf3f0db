import { expect, test } from "vitest";
import { startApp } from "../kit/app.ts";
import { startNats, withoutNats } from "../kit/nats.ts";
import { expectAlerts, startPrometheus, withoutPrometheus } from "../kit/prometheus.ts";

test.skipIf(withoutNats || withoutPrometheus)("a NATS that is gone raises an alert", async () => {
  await using nats = await startNats();
  await using app = await startApp({ env: { VEZA_NATS_URL: nats.url } });
  await using prometheus = await startPrometheus([app.gateway]);
  await expect
    .poll(async () => (await prometheus.query("veza_bus_connected == 1")).length, { timeout: 20_000 })
    .toBe(1);
  await nats.stop();
  await expectAlerts(prometheus, ["VezaBusDisconnected"]);
  await nats.start();
  await expect
    .poll(async () => (await prometheus.query("veza_bus_connected == 1")).length, { timeout: 20_000 })
    .toBe(1);
});
