import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { startApp } from "../kit/app.ts";
import { person } from "../kit/people.ts";
import { scrape } from "../kit/scrape.ts";

test("promtool finds nothing to complain about in what a port exposes", async () => {
  await using app = await startApp();
  await person(app, "alice");
  const { text, samples } = await scrape(app.gateway);
  expect(samples.length).toBeGreaterThan(50);
  const { stdout, stderr, status, error } = spawnSync("promtool", ["check", "metrics"], {
    input: text,
    encoding: "utf8",
  });
  if (error) throw new Error(`promtool is missing (Debian: prometheus): ${error.message}`);
  expect(`${stdout}${stderr}`).toBe("");
  expect(status).toBe(0);
});
