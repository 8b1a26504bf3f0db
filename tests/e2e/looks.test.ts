import { expect, test } from "vitest";
import { barriersOn } from "./barriers.ts";
import {
  arrived,
  composer,
  createRoom,
  expectSaid,
  message,
  passwordOf,
  register,
  said,
  say,
  screenshot,
} from "./browser.ts";
import { openConsole } from "./console-kit.ts";

const house = openConsole();
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 } as const;

test("everything can be done with the keyboard alone", async () => {
  const visitor = await house.visit(house.newName("kay"));
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
  const alice = await house.arrive("petra", phone);
  const { page } = alice;
  await createRoom(alice, "Pocket");
  expect(await page.getByRole("navigation").isVisible()).toBe(false);
  await say(alice, "Typed with thumbs");
  await page.locator(".message-sending").waitFor({ state: "detached" });
  await message(alice, "Typed with thumbs").tap();
  await page.getByRole("button", { name: "More actions" }).tap();
  await page.getByRole("menuitem", { name: "Edit message" }).tap();
  await page.getByRole("textbox", { name: "Edit message" }).fill("Typed with both thumbs");
  await page.getByRole("button", { name: "Save" }).tap();
  await expectSaid(alice, ["Typed with both thumbs (edited)"]);
  await page.getByRole("link", { name: "Back to the list" }).tap();
  await page.getByRole("navigation").getByRole("link", { name: "Pocket" }).tap();
  await expectSaid(alice, ["Typed with both thumbs (edited)"]);
  await page.goBack();
  await page.getByRole("navigation").waitFor();
});

test.each([
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["phone", phone],
  ["narrow", { viewport: { width: 320, height: 640 } }],
] as const)(
  "every page fits, is named and can be read: %s",
  async (look, options) => {
    const visitor = await house.visit(house.newName("vera"), options);
    const { page } = visitor;
    const check = async (name: string) => {
      await screenshot(visitor, `console-${look}-${name}`);
      expect.soft(await page.evaluate(tooWide), `what does not fit on ${name}`).toEqual([]);
      // Sizes change what fits, the dark changes colours; names and roles are the same in all of them.
      const rules = look === "light" ? "all" : look === "dark" ? "contrast" : undefined;
      if (rules !== undefined) expect.soft(await barriersOn(page, rules), `barriers on ${name}`).toEqual([]);
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
    await page.locator(".message-sending").waitFor({ state: "detached" });
    const touches = look === "phone";
    const show = (text: string) => (touches ? message(visitor, text).tap() : message(visitor, text).hover());
    await show("Short.");
    await check("room");
    await page.getByRole("button", { name: "React", exact: true }).click();
    await page.getByRole("button", { name: "grinning face", exact: true }).waitFor();
    await check("emoji");
    await page.getByLabel("Search emoji").fill("tomato");
    await page.getByRole("button", { name: "tomato", exact: true }).click();
    await page.getByRole("button", { name: /^🍅 1/ }).waitFor();
    await show("Short.");
    await page.getByRole("button", { name: "More actions" }).click();
    await check("message-menu");
    await page.getByRole("menuitem", { name: "Pin for everybody" }).click();
    await show("Short.");
    await page.getByRole("button", { name: "Reply in thread" }).click();
    await page.getByRole("textbox", { name: "Reply" }).fill("An answer");
    await page.keyboard.press("Enter");
    const thread = page.getByRole("complementary", { name: "Thread" });
    await thread.getByText("An answer").waitFor();
    await check("thread");
    await thread.getByRole("button", { name: "Close thread" }).click();

    for (const panel of ["Pinned messages", "Moderation"] as const) {
      await page.getByRole("button", { name: "Room menu" }).click();
      if (panel === "Moderation") await check("room-menu");
      await page.getByRole("menuitem", { name: panel }).click();
      const shown = page.getByRole("complementary", { name: panel });
      await shown.getByText(panel === "Moderation" ? /Nothing to look at|cannot be shown/ : "Short.").waitFor();
      await check(panel === "Moderation" ? "moderation" : "pins");
      await shown.getByRole("button", { name: /^Close/ }).click();
    }
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await page.getByLabel("Search messages").fill("short");
    const search = page.getByRole("complementary", { name: "Search" });
    await search.getByText("Short.").first().waitFor();
    await check("search");
    await search.getByRole("button", { name: "Close search" }).click();
    await page.getByRole("button", { name: "Members", exact: true }).click();
    const members = page.getByRole("complementary", { name: "Members" });
    await members.getByText(visitor.name).waitFor();
    await check("members");
    await members.getByRole("button", { name: "Close members" }).click();
    for (const [item, done] of [
      ["Room settings…", "Save"],
      ["Invite people…", "Make an invite link"],
    ] as const) {
      await page.getByRole("button", { name: "Room menu" }).click();
      await page.getByRole("menuitem", { name: item }).click();
      await page.getByRole("button", { name: done }).waitFor();
      await check(item === "Room settings…" ? "room-settings" : "invite");
      await page.keyboard.press("Escape");
    }
    await page.goto(`${house.app.gateway}/account`);
    await page.getByText("This device").waitFor();
    await check("account");
  },
  120_000,
);

// The functions below run in the page.

function nameOf(element: Element): string {
  const label = element.getAttribute("aria-label") ?? (element as HTMLInputElement).labels?.[0]?.textContent;
  return (label ?? element.textContent ?? "").trim();
}

/** What is wider than the place that it has; none if nothing has to be scrolled sideways. */
function tooWide(): string[] {
  return ["html", "nav", "main", "aside", "dialog[open]", "section"]
    .flatMap((selector) => [...document.querySelectorAll(selector)])
    .filter((element) => element.checkVisibility() && element.scrollWidth > element.clientWidth)
    .map((element) => `${element.localName}.${element.className}`);
}
