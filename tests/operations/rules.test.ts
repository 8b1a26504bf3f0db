import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deployed, promtool, withoutPrometheus } from "../kit/prometheus.ts";

const root = new URL("../..", import.meta.url).pathname;
const rules = readFileSync(join(deployed, "rules/veza.yml"), "utf8");
const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name = ""]) => name);

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

  test.each(alerts)("%s is tested, on series and for real, and explained", (alert) => {
    expect(units).toMatch(new RegExp(`alertname: ${alert}\\n\\s+eval_time: \\w+\\n\\s+exp_alerts:\\n`));
    expect(real, "a test that causes its condition").toContain(`"${alert}"`);
    expect(rules).toContain(`runbook: docs/operations.md#${alert.toLowerCase()}`);
    expect(manual).toContain(`### ${alert}\n`);
  });
});
