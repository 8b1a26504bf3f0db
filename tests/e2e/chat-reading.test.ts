import { expect, test } from "vitest";
import { composer, message, say } from "./browser.ts";
import { enter, openConsole } from "./console-kit.ts";

const house = openConsole();

test("a mention: suggested while one writes, marked where it is read, counted where it is not", async () => {
  const [alice, bob, { url }] = await house.arriveTogether();
  await bob.page.goto(house.app.gateway);
  const entry = bob.page.getByRole("navigation").getByRole("link", { name: new RegExp(`Room of ${alice.name}`) });
  await entry.waitFor();
  await bob.page.getByText("Live", { exact: true }).waitFor();

  await composer(alice.page).pressSequentially("Look, @bo");
  await alice.page.getByRole("option", { name: bob.name }).waitFor();
  await alice.page.keyboard.press("Enter");
  await expect.poll(() => composer(alice.page).inputValue()).toBe(`Look, @${bob.name} `);
  await composer(alice.page).pressSequentially("a blackbird");
  await alice.page.keyboard.press("Enter");
  await say(alice, "It sings.");

  await entry.getByText("2 unread, you are mentioned").waitFor({ state: "attached" });
  await bob.page.reload();
  await entry.getByText("2 unread, you are mentioned").waitFor({ state: "attached" });
  const tablet = await bob.context.newPage();
  await tablet.goto(house.app.gateway);
  const onTablet = tablet.getByRole("navigation").getByRole("link", { name: new RegExp(`Room of ${alice.name}`) });
  await onTablet.getByText("2 unread, you are mentioned").waitFor({ state: "attached" });
  await bob.page.bringToFront();
  await entry.click();
  await message(bob, "a blackbird").locator(".mention-me").getByText(`@${bob.name}`).waitFor();
  await bob.page.locator(".unread-line").getByText("New").waitFor();
  await entry.getByText(/unread/).waitFor({ state: "detached" });
  // Read is read: on another device too.
  await onTablet.getByText(/unread/).waitFor({ state: "detached" });
  await enter(tablet, url);
  expect(await tablet.locator(".unread-line").count()).toBe(0);
});

test("what is said while one looks elsewhere stands below a line", async () => {
  const [alice, bob] = await house.arriveTogether();
  await say(alice, "Before");
  await message(bob, "Before").waitFor();
  await bob.page.getByRole("navigation").getByText("unread").waitFor({ state: "detached" });
  // A page of a browser without windows never loses the focus by itself.
  await bob.page.evaluate(() => {
    document.hasFocus = () => false;
    window.dispatchEvent(new Event("blur"));
  });
  await say(alice, "Meanwhile");
  await message(bob, "Meanwhile").waitFor();
  const rows = () => bob.page.locator(".messages > li").allTextContents();
  await expect
    .poll(async () => (await rows()).map((text) => /Before|^New$|Meanwhile/.exec(text)?.[0]))
    .toEqual([undefined, "Before", "New", "Meanwhile"]);
});

test("search: in this room and in all, and from what is found to where it was said", async () => {
  const [alice, bob, { roomId }] = await house.arriveTogether();
  const { room } = await bob.chat.createRoom({ name: `Shed of ${bob.name}` });
  await bob.chat.sendMessage({ roomId: room?.id ?? "", content: "The marrows are in the shed" });
  await alice.chat.sendMessage({ roomId, content: "Marrows grow fast" });
  for (let index = 0; index < 80; index++) {
    await alice.chat.sendMessage({ roomId, content: `filler ${index}`, requestId: `filler-${index}` });
  }
  await message(bob, "filler 79").waitFor();
  expect(await message(bob, "Marrows grow fast").count()).toBe(1);
  await bob.page.reload();
  await message(bob, "filler 79").waitFor();
  expect(await message(bob, "Marrows grow fast").count()).toBe(0);

  await bob.page.getByRole("button", { name: "Search", exact: true }).click();
  const panel = bob.page.getByRole("complementary", { name: "Search" });
  await panel.getByLabel("Search messages").fill("marrows");
  await panel.getByText("The marrows are in the shed").waitFor();
  await panel.getByText("Marrows grow fast").waitFor();
  await panel.getByRole("radio", { name: "Here", exact: true }).check();
  await panel.getByText("The marrows are in the shed").waitFor({ state: "detached" });
  await panel.getByRole("link", { name: "Show in place" }).click();
  await expect
    .poll(() => message(bob, "Marrows grow fast").evaluate((item) => item === document.activeElement))
    .toBe(true);
  await panel.getByRole("radio", { name: "Everywhere" }).check();
  await panel.locator(".slip").filter({ hasText: "in the shed" }).getByRole("link", { name: "Show in place" }).click();
  await bob.page.getByRole("heading", { name: `Shed of ${bob.name}` }).waitFor();
  await message(bob, "in the shed").waitFor();
});

test("who looks elsewhere is told of what is meant for them, once they want to be", async () => {
  const [alice, bob] = await house.arriveTogether();
  await bob.context.grantPermissions(["notifications"]);
  await bob.page.addInitScript(lookElsewhere);
  await bob.page.goto(`${house.app.gateway}/account`);
  await bob.page.getByRole("button", { name: "Turn on" }).click();
  await bob.page.getByRole("button", { name: "Turn off" }).waitFor();
  await bob.page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
  });
  await say(alice, "To nobody in particular");
  await say(alice, `Psst, @${bob.name}`);
  await alice.chat.sendDirectMessage({ recipientId: bob.userId, content: "Only you" });
  const told = () => bob.page.evaluate(() => (window as unknown as { told: string[] }).told);
  await expect
    .poll(told)
    .toEqual([`${alice.name} in Room of ${alice.name}: Psst, @${bob.name}`, `${alice.name}: Only you`]);
});

// Runs in the page: a browser without windows shows no notifications.
function lookElsewhere(): void {
  const told: string[] = [];
  class Told {
    static permission = "default";
    static requestPermission = async () => {
      Told.permission = "granted";
      return "granted";
    };
    onclick = null;
    constructor(title: string, { body }: { body: string }) {
      told.push(`${title}: ${body}`);
    }
    close() {}
  }
  Object.assign(window, { told, Notification: Told });
}
