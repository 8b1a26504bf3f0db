import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deployed, promtool, withoutPrometheus } from "../kit/prometheus.ts";

const root = new URL("../..", import.meta.url).pathname;
const rules = readFileSync(join(deployed, "rules/veza.yml"), "utf8");
const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name = ""]) => name);

/** Alerts whose condition takes more than a test may do to the machine: they are tested on made-up series alone. */
const tooMuch: Readonly<Record<string, string>> = {
  VezaEncoderBehind: "takes a processor that is busy for seconds",
  VezaSoundDropped: "takes a processor that is busy for seconds",
};

describe.skipIf(withoutPrometheus)("what is deployed", () => {
  test("is taken by Prometheus", () => {
    promtool(["check", "config", "prometheus.yml"]);
    promtool(["check", "rules", "rules/veza.yml"]);
  });

  test("fires on series that it is meant for, and stays quiet on their neighbours", () => {
    expect(promtool(["test", "rules", "tests/veza.yml"])).toContain("SUCCESS");
  });
});

describe("each alert", () => {
  test("is there", () => expect(alerts.length).toBeGreaterThan(20));

  const units = readFileSync(join(deployed, "tests/veza.yml"), "utf8");
  const real = globSync("tests/operations/alerts-*.test.ts", { cwd: root })
    .map((file) => readFileSync(join(root, file), "utf8"))
    .join("\n");
  const manual = readFileSync(join(root, "docs/operations.md"), "utf8");

  test.each(alerts)("%s is tested, also for real where that can be done, and explained", (alert) => {
    expect(units).toMatch(new RegExp(`alertname: ${alert}\\n\\s+eval_time: \\w+\\n\\s+exp_alerts:\\n`));
    expect(real.includes(`"${alert}"`) !== alert in tooMuch, "for real, or named with a reason").toBe(true);
    expect(rules).toContain(`runbook: docs/operations.md#${alert.toLowerCase()}`);
    expect(manual).toContain(`### ${alert}\n`);
  });
});
