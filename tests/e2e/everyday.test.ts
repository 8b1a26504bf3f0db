import { randomUUID } from "node:crypto";
import { createClient } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { barriersOn } from "./barriers.ts";
import { arrived, composer, expectSaid, message, passwordOf, said, say, tools } from "./browser.ts";
import { enter, openConsole } from "./console-kit.ts";

const house = openConsole();

test("code, emphasis and quotes are shown as they were meant, and sent as they were written", async () => {
  const [alice, bob] = await house.arriveTogether();
  const input = composer(alice.page);
  await input.pressSequentially("Look: **this** is `code`");
  await input.press("Shift+Enter");
  await input.pressSequentially("```ts");
  // Within code, Enter is a new line.
  await input.press("Enter");
  await input.pressSequentially("const a = 1;");
  await input.press("Enter");
  await input.pressSequentially("```");
  await input.press("Enter");
  await expect.poll(() => input.inputValue()).toBe("");
  const item = bob.page.locator("[data-message]").last();
  await item.locator("strong", { hasText: "this" }).waitFor();
  await item.locator("p code", { hasText: "code" }).waitFor();
  await expect.poll(() => item.locator("pre").textContent()).toBe("const a = 1;");
  await item.getByRole("button", { name: "Copy code" }).waitFor();
  await say(bob, "> Look\nI do");
  await alice.page.locator("blockquote", { hasText: "Look" }).waitFor();
  await alice.page.locator(".message-sending").waitFor({ state: "detached" });
  expect(await barriersOn(alice.page, "all")).toEqual([]);
  await tools(bob, "I do", "Edit message");
  expect(await bob.page.getByRole("textbox", { name: "Edit message" }).inputValue()).toBe("> Look\nI do");
});

test("more is new than fits: how much, where it begins, and past it", async () => {
  const [alice, bob, { roomId, url }] = await house.arriveTogether();
  const { message: before } = await bob.chat.sendMessage({ roomId, content: "Read before" });
  await expectSaid(alice, ["Read before"]);
  const lastRead = async () => (await alice.chat.getUnreadCounts({})).counts[0]?.lastReadSequence;
  await expect.poll(lastRead).toBe(before?.sequence);
  await alice.page.goto(`${house.app.gateway}/account`);
  for (let number = 1; number <= 90; number++) await bob.chat.sendMessage({ roomId, content: `New ${number}` });
  await enter(alice.page, url);
  const bar = alice.page.getByRole("complementary", { name: "New messages" });
  await bar.getByText("90 new messages").waitFor();
  expect((await said(alice)).at(-1)).toBe("New 90");
  await bar.getByRole("button", { name: "Go to the first" }).click();
  await bar.waitFor({ state: "detached" });
  await expect.poll(() => message(alice, /^New 1$/).isVisible()).toBe(true);
  const line = alice.page.locator(".unread-line");
  await expect.poll(() => line.evaluate((element) => element.nextElementSibling?.textContent)).toContain("New 1");
});

test("anywhere by a few letters", async () => {
  const alice = await house.arrive("alice");
  const { page } = alice;
  await alice.chat.createRoom({ name: "Greenhouse" });
  await alice.chat.createRoom({ name: "The great outdoors" });
  await page.getByRole("link", { name: "The great outdoors" }).waitFor();
  await page.keyboard.press("Control+k");
  const input = page.getByRole("combobox", { name: "Room or person" });
  await expect.poll(() => input.evaluate((element) => element === document.activeElement)).toBe(true);
  await page.keyboard.type("gre");
  const options = page.getByRole("option");
  await expect.poll(() => options.allTextContents()).toEqual(["Greenhouse", "The great outdoors"]);
  expect(await barriersOn(page, "all")).toEqual([]);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "The great outdoors" }).waitFor();
  await expect.poll(() => composer(page).evaluate((element) => element === document.activeElement)).toBe(true);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("nowhere at all");
  await page.getByText("Nothing is called like that.").waitFor();
});

test("a conversation can begin with a picture", async () => {
  const [alice, bob] = await house.arriveTogether();
  await alice.page.goto(`${house.app.gateway}/dm/${bob.userId}`);
  await alice.page
    .getByLabel("Files to add")
    .setInputFiles({ name: "seeds.csv", mimeType: "text/csv", buffer: Buffer.from("sort,number\n") });
  await alice.page.locator(".upload-sent").waitFor();
  await composer(alice.page).press("Enter");
  await alice.page.getByRole("button", { name: /seeds\.csv/ }).waitFor();
  await bob.page.locator(`nav a[href="/dm/${alice.userId}"]`).click();
  await bob.page.getByRole("button", { name: /seeds\.csv/ }).waitFor();
});

test("what is found is pointed out", async () => {
  const [alice] = await house.arriveTogether();
  await say(alice, "Café au lait, or **tea**");
  await alice.page.locator(".message-sending").waitFor({ state: "detached" });
  await alice.page.getByRole("button", { name: "Search", exact: true }).click();
  await alice.page.getByLabel("Search messages").fill("cafe te");
  const marks = alice.page.getByRole("complementary", { name: "Search" }).locator("mark");
  await expect.poll(() => marks.allTextContents()).toEqual(["Café", "tea"]);
});

test("a new password, a new address, and a link that leads nowhere", async () => {
  const visitor = await house.arrive("paula");
  const { page, name } = visitor;
  await page.goto(`${house.app.gateway}/account`);
  await page.getByRole("button", { name: "Edit profile…" }).click();
  await page.getByLabel("First name").fill("Paula");
  await page.getByLabel("E-mail").fill(`${randomUUID()}@example.org`);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Paula", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Change password…" }).click();
  await page.getByLabel("Password until now", { exact: true }).fill("not this one");
  await page.getByLabel("New password", { exact: true }).fill("the one from now on");
  await page.getByRole("button", { name: "Change password", exact: true }).click();
  await page.getByText("That name and password do not belong together").waitFor();
  await page.getByLabel("Password until now", { exact: true }).fill(passwordOf(name));
  await page.getByRole("button", { name: "Change password", exact: true }).click();
  await page.getByText("Your password is changed").waitFor();
  await visitor.session.signIn(name, "the one from now on");

  const answer = await page.goto(`${house.app.gateway}/no/such/page`);
  expect(answer?.status()).toBe(404);
  await page.getByText("There is nothing at this address").waitFor();
  await page.getByRole("link", { name: "Go to the start" }).click();
  await arrived(page).waitFor();
});

test("a room and a stream in numbers", async () => {
  const [alice] = await house.arriveTogether();
  const { page } = alice;
  await say(alice, "One message");
  await page.locator(".message-sending").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Room menu" }).click();
  await page.getByRole("menuitem", { name: "Statistics…" }).click();
  const figure = page.getByRole("dialog").locator(".figure").filter({ hasText: "Wrote in the last 24 hours" });
  await figure.getByText("1 of 2").waitFor();
  expect(await barriersOn(page, "all")).toEqual([]);
  const streams = createClient(StreamService, alice.session.transport);
  const { stream } = await streams.createStream({ title: "Quiet hour" });
  await page.goto(`${house.app.gateway}/streams/${stream?.id}`);
  await page.getByRole("region", { name: "Statistics" }).getByText("Nobody has listened in this time.").waitFor();
  await page.getByRole("radio", { name: "30 days" }).check();
  await page.getByRole("region", { name: "Statistics" }).getByText("Nobody has listened in this time.").waitFor();
});
