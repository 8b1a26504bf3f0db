import { createClient } from "@connectrpc/connect";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { createNodeSession } from "#src/client/node.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { createCuttingProxy, freePort } from "../kit/cutting-proxy.ts";
import {
  arrived,
  composer,
  createRoom,
  expectSaid,
  joinRoom,
  launchBrowser,
  passwordOf,
  register,
  said,
  say,
  screenshot,
  type Visitor,
  visit,
} from "./browser.ts";

let app: TestApp;
let browser: Browser;
const visitors: Visitor[] = [];

beforeAll(async () => {
  await build({ configFile: new URL("../../web/vite.config.ts", import.meta.url).pathname, logLevel: "error" });
  [app, browser] = await Promise.all([startApp(), launchBrowser()]);
}, 60_000);

afterEach(async () => {
  const complaints = visitors.flatMap((visitor) => visitor.complaints);
  await Promise.all(visitors.splice(0).map(({ context }) => context.close()));
  expect(complaints, "what the browser complained about").toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

let count = 0;

/** Somebody new, with an account and at the console. */
async function arrive(
  name: string,
  options: Parameters<typeof visit>[3] = {},
  gateway = app.gateway,
): Promise<Visitor> {
  const visitor = await visit(browser, gateway, `${name}-${++count}`, options);
  visitors.push(visitor);
  await register(visitor);
  return visitor;
}

/** Two people in one room. */
async function arriveTogether(gateway = app.gateway): Promise<[Visitor, Visitor]> {
  const alice = await arrive("alice", {}, gateway);
  const bob = await arrive("bob", {}, gateway);
  await joinRoom(bob, await createRoom(alice, `Room of ${alice.name}`));
  return [alice, bob];
}

test("two people talk: what one writes, changes and deletes the other sees at once", async () => {
  const [alice, bob] = await arriveTogether();
  await say(alice, "Good morning!");
  await expectSaid(bob, ["Good morning!"]);
  await say(bob, "Good morning to you.\nHow is the garden?");
  await say(alice, "Gren");
  await expectSaid(alice, ["Good morning!", "Good morning to you.\nHow is the garden?", "Gren"]);

  await composer(alice.page).press("ArrowUp");
  const editor = alice.page.getByRole("textbox", { name: "Edit message" });
  await editor.fill("Green");
  await editor.press("Enter");
  await expectSaid(bob, ["Good morning!", "Good morning to you.\nHow is the garden?", "Green (edited)"]);

  await alice.page.locator(".message", { hasText: "Green" }).hover();
  await alice.page.getByRole("button", { name: "Delete message" }).last().click();
  await alice.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await bob.page.getByText("Message deleted").waitFor();
  await expectSaid(bob, ["Good morning!", "Good morning to you.\nHow is the garden?"]);
});

test("one sees who is there", async () => {
  const [alice, bob] = await arriveTogether();
  const members = alice.page.getByRole("complementary", { name: "Members" });
  const row = members.getByRole("listitem").filter({ hasText: bob.name });
  await row.getByText(", online").waitFor({ state: "attached" });
});

test("one sees who types", async () => {
  const [alice, bob] = await arriveTogether();
  await composer(bob.page).pressSequentially("Hm");
  await alice.page.getByText(`${bob.name} is typing…`).waitFor();
  await say(bob, "Hm, yes.");
  await alice.page.getByText(`${bob.name} is typing…`).waitFor({ state: "hidden" });
});

test("a connection that is cut over and over shows every message once, in order", async () => {
  await using wire = await createCuttingProxy(Number(new URL(app.gateway).port));
  const alice = await arrive("alice");
  const bob = await arrive("bob", {}, wire.url);
  const { pathname } = new URL(await createRoom(alice, `Room of ${alice.name}`));
  await joinRoom(bob, wire.url + pathname);
  const texts = Array.from({ length: 40 }, (_, index) => `message ${index + 1}`);
  const sent = sendMany(alice, texts, 50);
  for (let cuts = 0; cuts < 10; cuts++) {
    await bob.page.waitForTimeout(200);
    wire.cut(1, () => 0);
  }
  await sent;
  await expectSaid(bob, texts);
});

test("a lost network loses and doubles nothing, on either side", async () => {
  await using wire = await createCuttingProxy(Number(new URL(app.gateway).port));
  const alice = await arrive("alice");
  const bob = await arrive("bob", {}, wire.url);
  const { pathname } = new URL(await createRoom(alice, `Room of ${alice.name}`));
  await joinRoom(bob, wire.url + pathname);
  await say(alice, "one");
  await expectSaid(bob, ["one"]);

  // Offline, Chromium makes no new connections but keeps those it has: those are cut by hand.
  await bob.context.setOffline(true);
  expect(wire.cut(1, () => 0)).toBeGreaterThan(0);
  await say(bob, "two, without a network");
  await say(bob, "three, without a network");
  await bob.page.getByText("Not sent yet").first().waitFor();
  await say(alice, "four");
  await say(alice, "five");
  await expectSaid(alice, ["one", "four", "five"]);
  await bob.page.getByText("You are offline").waitFor();
  expect(await said(bob)).toEqual(["one", "two, without a network", "three, without a network"]);
  await screenshot(bob, "console-offline");
  await bob.context.setOffline(false);

  const all = ["one", "four", "five", "two, without a network", "three, without a network"];
  await expectSaid(bob, all);
  await expectSaid(alice, all);
  await bob.page.reload();
  await expectSaid(bob, all);
});

test("a restart of the server loses and doubles nothing", async () => {
  const port = String(await freePort());
  const env = { VEZA_HTTP_PORT: port };
  const before = await startApp({ env });
  const { dataDir } = before;
  let after: TestApp | undefined;
  try {
    const [alice, bob] = await arriveTogether(before.gateway);
    await say(alice, "before");
    await expectSaid(bob, ["before"]);
    await before.app.stop();
    await say(bob, "meanwhile");
    await bob.page.getByText("Not sent yet").waitFor();
    await alice.page
      .getByText(/Reconnecting/)
      .first()
      .waitFor();

    after = await startApp({ env, dataDir });
    await expectSaid(alice, ["before", "meanwhile"]);
    await say(alice, "after");
    await expectSaid(bob, ["before", "meanwhile", "after"]);
    await expect.poll(() => alice.page.getByText("Live", { exact: true }).isVisible()).toBe(true);
  } finally {
    await after?.[Symbol.asyncDispose]();
    await before[Symbol.asyncDispose]();
  }
}, 60_000);

test("what was written without a network survives a reload", async () => {
  const [alice, bob] = await arriveTogether();
  await bob.context.route("**/veza.chat.v1.ChatService/SendMessage", (route) => route.abort());
  await say(bob, "kept");
  await bob.page.getByText("Not sent yet").waitFor();
  await bob.context.unroute("**/veza.chat.v1.ChatService/SendMessage");
  await bob.page.reload();
  await expectSaid(bob, ["kept"]);
  await expectSaid(alice, ["kept"]);
});

test("a message that the server refuses says why, and can be discarded", async () => {
  const [alice, bob] = await arriveTogether();
  await blockWords(alice, ["radish"]);
  await say(bob, "I grow radish");
  await bob.page.getByText(/Not sent\. .*word that this room does not allow/).waitFor();
  await bob.page.getByRole("button", { name: "Discard" }).click();
  await say(bob, "I grow tomatoes");
  await expectSaid(alice, ["I grow tomatoes"]);
});

test("scrolling up reads what was said before, keeps its place, and leads back", async () => {
  const [alice, bob] = await arriveTogether();
  const texts = Array.from({ length: 130 }, (_, index) => `message ${index + 1}`);
  await sendMany(alice, texts);
  await bob.page.reload();
  await bob.page.getByText("message 130", { exact: true }).waitFor();
  const log = bob.page.getByRole("region", { name: "Messages" });

  // To the top again and again, with an eye on one message while older ones come in above it.
  for (let tries = 0; (await said(bob)).length < 130 && tries < 20; tries++) {
    await log.evaluate((element) => element.scrollTo(0, 300));
    const first = bob.page.locator(".message-text").first();
    const text = await first.textContent();
    const before = await log.evaluate(topOf, text);
    await bob.page.waitForTimeout(150);
    const after = await log.evaluate(topOf, text);
    expect(Math.abs(after - before), "the reader is not moved").toBeLessThan(3);
  }
  expect(await said(bob)).toEqual(texts);

  await say(alice, "something new");
  await bob.page.getByRole("button", { name: "1 new message" }).click();
  await expect.poll(() => bob.page.getByText("something new").isVisible()).toBe(true);
  await bob.page.getByRole("button", { name: "Jump to latest" }).waitFor({ state: "hidden" });
});

test("a direct message reaches the other, and its badge goes once it is read", async () => {
  const [alice, bob] = await arriveTogether();
  await bob.page.getByRole("complementary", { name: "Members" }).getByRole("link", { name: alice.name }).click();
  await say(bob, "just between us");
  await expectSaid(bob, ["just between us"]);
  const entry = alice.page.getByRole("navigation").getByRole("link", { name: new RegExp(bob.name) });
  await entry.getByText("just between us").waitFor();
  await entry.getByText("1 unread").waitFor({ state: "attached" });
  await entry.click();
  await expectSaid(alice, ["just between us"]);
  await entry.getByText("1 unread").waitFor({ state: "detached" });
  await say(alice, "and it stays so");
  await expectSaid(bob, ["just between us", "and it stays so"]);
});

test("a private room opens to who follows an invite link", async () => {
  const alice = await arrive("alice");
  await alice.page.getByRole("button", { name: "Create a room" }).first().click();
  await alice.page.getByLabel("Name").fill("Secret garden");
  await alice.page.getByRole("radio", { name: /Private/ }).check();
  await alice.page.getByRole("button", { name: "Create room" }).click();
  await alice.page.getByRole("button", { name: "Invite people" }).click();
  await alice.page.getByRole("button", { name: "Make an invite link" }).click();
  const link = await alice.page.getByLabel("Invite link").inputValue();
  await alice.page.getByRole("button", { name: "Done" }).click();

  const bob = await arrive("bob");
  await bob.page.goto(link.replace(/\?.*/, ""));
  await bob.page.getByText("This room is not open to you").waitFor();
  await bob.page.goto(link);
  await bob.page.getByRole("button", { name: "Join the room" }).click();
  await say(bob, "found it");
  await expectSaid(alice, ["found it"]);
});

test("everything can be done with the keyboard alone", async () => {
  const visitor = await visit(browser, app.gateway, `kay-${++count}`);
  visitors.push(visitor);
  const { page, name } = visitor;
  const { keyboard } = page;
  /** Tabs on until something with this name has the focus. */
  async function tabTo(label: string | RegExp): Promise<void> {
    for (let steps = 0; steps < 40; steps++) {
      const focused = page.locator(":focus");
      if ((await focused.count()) > 0) {
        const found = await focused.evaluate(nameOf);
        if (typeof label === "string" ? found === label : label.test(found)) return;
      }
      await keyboard.press("Tab");
    }
    expect.unreachable(`no way to ${label} with Tab`);
  }

  await tabTo("Create an account");
  await keyboard.press("Enter");
  await tabTo("User name");
  await keyboard.type(name);
  await tabTo("E-mail");
  await keyboard.type(`${name}@example.org`);
  await tabTo("Password");
  await keyboard.type(passwordOf(name));
  await keyboard.press("Enter");
  await arrived(page).waitFor();

  await keyboard.press("Tab");
  await tabTo("Create a room");
  await keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await expect.poll(() => page.locator(":focus").evaluate(nameOf)).toBe("Create a room");
  await keyboard.press("Enter");
  await expect.poll(() => page.locator(":focus").evaluate(nameOf)).toBe("Name");
  await keyboard.type("By hand");
  await keyboard.press("Enter");

  await expect.poll(() => page.locator(":focus").evaluate(nameOf)).toBe("Message By hand");
  await keyboard.type("first line");
  await keyboard.press("Shift+Enter");
  await keyboard.type("second line");
  await keyboard.press("Enter");
  await expectSaid(visitor, ["first line\nsecond line"]);
  // What is still on its way cannot be edited yet.
  await page.locator(".message-sending").waitFor({ state: "detached" });
  await keyboard.press("ArrowUp");
  await expect.poll(() => page.locator(":focus").evaluate(nameOf)).toBe("Edit message");
  await keyboard.press("Escape");
  await expect.poll(() => page.locator(":focus").evaluate(nameOf)).toBe("Message By hand");
  await keyboard.press("ArrowUp");
  await keyboard.press("End");
  await keyboard.type("!");
  await keyboard.press("Enter");
  await expectSaid(visitor, ["first line\nsecond line! (edited)"]);
});

test("on a phone the list and the room take turns, and a tap shows what can be done with a message", async () => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  const visitor = await arrive("petra", phone);
  const { page } = visitor;
  await createRoom(visitor, "Pocket");
  expect(await page.getByRole("navigation").isVisible()).toBe(false);
  await say(visitor, "Typed with thumbs");
  const message = page.locator(".message", { hasText: "Typed with thumbs" });
  await message.getByRole("button", { name: "Edit message" }).waitFor({ state: "attached" });
  await message.tap();
  await message.getByRole("button", { name: "Edit message" }).tap();
  await page.getByRole("textbox", { name: "Edit message" }).fill("Typed with both thumbs");
  await page.getByRole("button", { name: "Save" }).tap();
  await expectSaid(visitor, ["Typed with both thumbs (edited)"]);
  await page.getByRole("link", { name: "Back to the list" }).tap();
  await page.getByRole("navigation").getByRole("link", { name: "Pocket" }).tap();
  await expectSaid(visitor, ["Typed with both thumbs (edited)"]);
  await page.goBack();
  await page.getByRole("navigation").waitFor();
});

test("tabs whose token has run out refresh it once, together", async () => {
  const alice = await arrive("alice");
  const tabs = [alice.page, await alice.context.newPage(), await alice.context.newPage()];
  await Promise.all(tabs.slice(1).map((tab) => tab.goto(app.gateway)));
  await Promise.all(tabs.map((tab) => arrived(tab).waitFor()));

  const refreshes: string[] = [];
  alice.context.on("request", (request) => {
    if (request.url().endsWith("/RefreshToken")) refreshes.push(request.url());
  });
  await alice.page.evaluate(() => {
    const held = JSON.parse(localStorage.getItem("veza.session") ?? "{}");
    localStorage.setItem("veza.session", JSON.stringify({ ...held, accessExpiresAt: Date.now() }));
  });
  await Promise.all(tabs.map((tab) => tab.reload()));
  await Promise.all(tabs.map((tab) => tab.getByText("Live", { exact: true }).waitFor()));
  expect(refreshes).toHaveLength(1);
});

test("signing out in one tab signs out in all of them", async () => {
  const alice = await arrive("alice");
  const other = await alice.context.newPage();
  await other.goto(`${app.gateway}/account`);
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.getByRole("button", { name: "Sign in" }).waitFor();
  await alice.page.getByRole("button", { name: "Sign in" }).waitFor();
});

test("a session that is ended elsewhere is out at once", async () => {
  const alice = await arrive("alice");
  const stranger = await visit(browser, app.gateway, alice.name);
  visitors.push(stranger);
  await stranger.page.getByLabel("User name or e-mail").fill(alice.name);
  await stranger.page.getByLabel("Password", { exact: true }).fill(passwordOf(alice.name));
  await stranger.page.getByRole("button", { name: "Sign in" }).click();
  await arrived(stranger.page).waitFor();

  await alice.page.getByRole("link", { name: /account and settings/ }).click();
  await alice.page.getByRole("button", { name: /^End/ }).click();
  await stranger.page.getByText("Your session was ended").waitFor();
  await stranger.page.getByRole("button", { name: "Sign in" }).waitFor();
});

test("what is wrong with a form stands at its field", async () => {
  const alice = await arrive("alice");
  const twin = await visit(browser, app.gateway, alice.name);
  visitors.push(twin);
  await twin.page.getByRole("button", { name: "Create an account" }).click();
  await twin.page.getByLabel("User name").fill(alice.name);
  await twin.page.getByLabel("E-mail").fill("twin@example.org");
  await twin.page.getByLabel("Password", { exact: true }).fill("long enough");
  await twin.page.getByRole("button", { name: "Create account" }).click();
  await expect
    .poll(() => twin.page.locator(":focus").evaluate((element) => element.getAttribute("aria-invalid")))
    .toBe("true");
  await twin.page.getByText("This user name is taken.").waitFor();
});

test.each([
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["phone", { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }],
  ["narrow", { viewport: { width: 320, height: 640 } }],
] as const)("every page fits and is named: %s", async (look, options) => {
  const visitor = await visit(browser, app.gateway, `vera-${++count}`, options);
  visitors.push(visitor);
  const { page } = visitor;
  const check = async (name: string) => {
    await screenshot(visitor, `console-${look}-${name}`);
    expect(await page.evaluate(unnamedControls), `controls without a name on ${name}`).toEqual([]);
    expect(await page.evaluate(tooWide), `what does not fit on ${name}`).toEqual([]);
    expect(await page.locator("main").count(), `landmarks of ${name}`).toBe(1);
  };
  await check("sign-in");
  await register(visitor);
  await check("home");
  await page.getByRole("button", { name: "Create a room" }).first().click();
  await check("create-room");
  await page.getByLabel("Name").fill(`A room with quite a long name, as people give them (${look})`);
  await page.getByRole("button", { name: "Create room" }).click();
  await composer(page).waitFor();
  await check("empty-room");
  await say(visitor, "Short.");
  await say(visitor, `Long: ${"word ".repeat(60)}https://example.org/${"a".repeat(120)}`);
  await expect.poll(async () => (await said(visitor)).length).toBe(2);
  await check("room");
  if (!(await page.getByRole("complementary", { name: "Members" }).isVisible())) {
    await page.getByRole("button", { name: "Members", exact: true }).click();
  }
  await page.getByRole("complementary", { name: "Members" }).getByText(visitor.name).waitFor();
  await check("members");
  await page.goto(`${app.gateway}/account`);
  await page.getByText("This device").waitFor();
  await check("account");
});

async function apiOf({ name }: Visitor) {
  const session = createNodeSession({ protocol: "connect", httpVersion: "1.1", baseUrl: app.gateway });
  await session.signIn(name, passwordOf(name));
  return createClient(ChatService, session.transport);
}

const roomIdOf = ({ page }: Visitor) => new URL(page.url()).pathname.split("/").at(-1) as string;

async function sendMany(visitor: Visitor, texts: readonly string[], pauseMs = 0): Promise<void> {
  const chat = await apiOf(visitor);
  for (const [index, content] of texts.entries()) {
    if (pauseMs > 0) await visitor.page.waitForTimeout(pauseMs);
    await chat.sendMessage({ roomId: roomIdOf(visitor), content, requestId: `${visitor.name}-${index}` });
  }
}

async function blockWords(visitor: Visitor, blockedWords: string[]): Promise<void> {
  const chat = await apiOf(visitor);
  await chat.updateRoom({ roomId: roomIdOf(visitor), blockedWords });
}

// The functions below run in the page.

function topOf(log: Element, text: string | null): number {
  const found = [...log.querySelectorAll(".message-text")].find((element) => element.textContent === text);
  return found?.getBoundingClientRect().top ?? Number.NaN;
}

function nameOf(element: Element): string {
  const label = element.getAttribute("aria-label") ?? (element as HTMLInputElement).labels?.[0]?.textContent;
  return (label ?? element.textContent ?? "").trim();
}

function unnamedControls(): string[] {
  return [...document.querySelectorAll("input, textarea, button, a, select, [role=region], nav, aside")]
    .filter((element) => {
      const labelled = document.getElementById(element.getAttribute("aria-labelledby") ?? "")?.textContent;
      const label =
        element.getAttribute("aria-label") ?? labelled ?? (element as HTMLInputElement).labels?.[0]?.textContent;
      return (label ?? element.textContent ?? "").trim() === "";
    })
    .map((element) => element.outerHTML.slice(0, 120));
}

/** What is wider than the place that it has; none if nothing has to be scrolled sideways. */
function tooWide(): string[] {
  return ["html", "nav", "main", "aside", "dialog[open]", "section"]
    .flatMap((selector) => [...document.querySelectorAll(selector)])
    .filter((element) => element.checkVisibility() && element.scrollWidth > element.clientWidth)
    .map((element) => `${element.localName}.${element.className}`);
}
