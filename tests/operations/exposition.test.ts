import { expect, test } from "vitest";
import { startApp } from "../kit/app.ts";
import { person } from "../kit/people.ts";
import { promtool, withoutPrometheus } from "../kit/prometheus.ts";
import { scrape } from "../kit/scrape.ts";

test.skipIf(withoutPrometheus)("promtool finds nothing to complain about in what a port exposes", async () => {
  await using app = await startApp();
  await person(app, "alice");
  const { text, samples } = await scrape(app.gateway);
  expect(samples.length).toBeGreaterThan(50);
  expect(promtool(["check", "metrics"], text)).toBe("");
});
