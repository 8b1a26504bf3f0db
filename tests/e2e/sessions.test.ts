import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { arrived, message, passwordOf, say } from "./browser.ts";
import { openConsole } from "./console-kit.ts";

const house = openConsole();

test("tabs whose token has run out refresh it once, together", async () => {
  const alice = await house.arrive("alice");
  const tabs = [alice.page, await alice.context.newPage(), await alice.context.newPage()];
  await Promise.all(tabs.slice(1).map((tab) => tab.goto(house.app.gateway)));
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
  const alice = await house.arrive("alice");
  const other = await alice.context.newPage();
  await other.goto(`${house.app.gateway}/account`);
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.getByRole("button", { name: "Sign in" }).waitFor();
  await alice.page.getByRole("button", { name: "Sign in" }).waitFor();
});

test("a session that is ended elsewhere is out at once", async () => {
  const alice = await house.arrive("alice");
  const stranger = await house.visit(alice.name);
  await stranger.page.getByLabel("User name or e-mail").fill(alice.name);
  await stranger.page.getByLabel("Password", { exact: true }).fill(passwordOf(alice.name));
  await stranger.page.getByRole("button", { name: "Sign in" }).click();
  await arrived(stranger.page).waitFor();

  await alice.page.getByRole("link", { name: "Account and settings" }).click();
  await alice.page.getByRole("button", { name: /^End/ }).click();
  await stranger.page.getByText("Your session was ended").waitFor();
  await stranger.page.getByRole("button", { name: "Sign in" }).waitFor();
});

test("what is wrong with a form stands at its field", async () => {
  const alice = await house.arrive("alice");
  const twin = await house.visit(alice.name);
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

test("one takes one's own data along, and an erased account leaves no name", async () => {
  const [alice, bob, { roomId }] = await house.arriveTogether();
  await say(bob, "before I go");
  await message(alice, "before I go").waitFor();
  await bob.page.goto(`${house.app.gateway}/account`);
  const download = bob.page.waitForEvent("download");
  await bob.page.getByRole("button", { name: "Export my data" }).click();
  const saved = await download;
  expect(saved.suggestedFilename()).toBe(`veza-${bob.name}.json`);
  expect(await readFile(await saved.path(), "utf8")).toContain("before I go");

  await bob.page.getByRole("button", { name: "Delete account…" }).click();
  const dialog = bob.page.getByRole("dialog");
  await dialog.getByLabel("Your password").fill("not that one");
  await dialog.getByRole("button", { name: "Delete for good" }).click();
  await dialog.getByText("That name and password do not belong together").waitFor();
  await dialog.getByLabel("Your password").fill(passwordOf(bob.name));
  await dialog.getByRole("button", { name: "Delete for good" }).click();
  await bob.page.getByText("Your account is deleted.").waitFor();
  await bob.page.getByRole("button", { name: "Sign in" }).waitFor();
  const members = alice.page.getByRole("complementary", { name: "Members" });
  await members.getByText(bob.name).waitFor({ state: "detached" });
  const { messages } = await alice.chat.getMessageHistory({ roomId });
  expect(messages.map(({ senderUsername }) => senderUsername)).not.toContain(bob.name);
});
