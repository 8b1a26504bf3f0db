import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const script = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What of WCAG 2.2 AA a machine can tell is broken on a page: names, roles, contrast, order of headings. */
export async function barriersOn(page: Page, rules: "all" | "contrast"): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) {
    // Not a script element: the page's policy forbids those of others.
    await page.evaluate(script);
  }
  const runOnly = rules === "all" ? ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] : ["color-contrast"];
  const { violations } = await page.evaluate(async (runOnly): Promise<AxeResults> => {
    const { axe } = window as unknown as { axe: typeof import("axe-core") };
    return axe.run(document, { runOnly });
  }, runOnly);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 140)).join(" | ")}`);
}
