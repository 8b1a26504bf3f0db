import { expect, test } from "vitest";
import { startApp } from "../kit/app.ts";
import { startNats, withoutNats } from "../kit/nats.ts";
import { expectAlerts, startPrometheus, withoutPrometheus } from "../kit/prometheus.ts";
import { scrape } from "../kit/scrape.ts";

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

test.skipIf(withoutNats || withoutPrometheus)("a NATS that is restarted again and again", async () => {
  await using nats = await startNats();
  await using app = await startApp({ env: { VEZA_NATS_URL: nats.url } });
  await using prometheus = await startPrometheus([app.gateway]);
  const gaps = async () => (await scrape(app.gateway)).value("veza_bus_gaps_total") ?? 0;
  await expect.poll(async () => (await prometheus.query("veza_bus_gaps_total")).length, { timeout: 20_000 }).toBe(1);
  for (let restarts = 0; restarts < 7; restarts += 1) {
    const before = await gaps();
    await nats.stop();
    await nats.start();
    await expect.poll(gaps, { timeout: 20_000 }).toBeGreaterThan(before);
  }
  await expectAlerts(prometheus, ["VezaBusGaps"]);
});
