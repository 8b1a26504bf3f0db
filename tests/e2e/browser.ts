import { execFileSync } from "node:child_process";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from "playwright-core";
import { expect } from "vitest";

/** Where screenshots go, for people to look at. */
export const artifacts = new URL("../.artifacts/", import.meta.url).pathname;

/** The machine's own Chromium; VEZA_CHROMIUM names another one. */
export function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  const executablePath = process.env.VEZA_CHROMIUM ?? execFileSync("which", ["chromium"], { encoding: "utf8" }).trim();
  return chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", ...args],
  });
}

/** Somebody with a browser of their own, and what that browser complained about. */
export interface Visitor {
  readonly name: string;
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of the page and breaches of its security policy. */
  readonly complaints: string[];
}

export async function visit(
  browser: Browser,
  address: string,
  name: string,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error.stack)));
  page.on("console", (message) => {
    // What the browser logs for a call that did not get through is what these tests are about.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      complaints.push(message.text());
    }
  });
  await page.goto(address);
  return { name, page, context, complaints };
}

/** Makes an account on the first page, as a person would. */
export async function register({ page, name }: Visitor): Promise<void> {
  await page.getByRole("button", { name: "Create an account" }).click();
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("E-mail").fill(`${name}@example.org`);
  await page.getByLabel("Password", { exact: true }).fill(passwordOf(name));
  await page.getByRole("button", { name: "Create account" }).click();
  await arrived(page).waitFor();
}

/** In sight as soon as somebody is signed in and sees the list. */
export const arrived = (page: Page) => page.getByRole("link", { name: "Account and settings" });

export const passwordOf = (name: string) => `the password of ${name}`;

export async function createRoom({ page }: Visitor, name: string): Promise<string> {
  await page.getByRole("button", { name: "Create a room" }).first().click();
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Create room" }).click();
  await composer(page).waitFor();
  return page.url();
}

export async function joinRoom({ page }: Visitor, url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole("button", { name: "Join room" }).click();
  await composer(page).waitFor();
}

export const composer = (page: Page) => page.getByRole("textbox", { name: /^Message / });

export async function say({ page }: Visitor, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

/** A message of the log. */
export const message = ({ page }: Visitor, text: string | RegExp): Locator =>
  page
    .getByRole("region", { name: "Messages" })
    .locator("[data-message]")
    .filter({ has: page.locator(".message-text", { hasText: text }) });

/** Does something with a message that stands in its menu. */
export async function tools(visitor: Visitor, text: string | RegExp, name: string): Promise<void> {
  await message(visitor, text).hover();
  await visitor.page.getByRole("button", { name: "More actions" }).click();
  await visitor.page.getByRole("menuitem", { name }).click();
}

/** What stands in the log, from top to bottom, with what is still on its way. */
export const said = ({ page }: Visitor) => page.locator(".message-text").allTextContents();

/** Waits until the log holds exactly these messages. */
export async function expectSaid(visitor: Visitor, texts: readonly string[]): Promise<void> {
  await expect.poll(() => said(visitor), { timeout: 15_000 }).toEqual(texts);
}

export async function screenshot({ page }: Visitor, name: string): Promise<void> {
  // The pictures shall not depend on how far an animation has come.
  await page.screenshot({ path: `${artifacts}${name}.png`, animations: "disabled" });
}
