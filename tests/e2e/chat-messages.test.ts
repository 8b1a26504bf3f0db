import { expect, test } from "vitest";
import { composer, expectSaid, message, say, tools } from "./browser.ts";
import { openConsole } from "./console-kit.ts";

const house = openConsole();

test("what one writes, changes and deletes the other sees at once", async () => {
  const [alice, bob] = await house.arriveTogether();
  await say(alice, "Good morning!");
  await expectSaid(bob, ["Good morning!"]);
  await say(bob, "Good morning to you.\nHow is the garden?");
  await say(alice, "Gren");
  await expectSaid(alice, ["Good morning!", "Good morning to you.\nHow is the garden?", "Gren"]);
  await alice.page.locator(".message-sending").waitFor({ state: "detached" });

  await composer(alice.page).press("ArrowUp");
  const editor = alice.page.getByRole("textbox", { name: "Edit message" });
  await editor.fill("Green");
  await editor.press("Enter");
  await expectSaid(bob, ["Good morning!", "Good morning to you.\nHow is the garden?", "Green (edited)"]);

  await tools(alice, "Green", "Delete message");
  await alice.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await bob.page.getByText("Message deleted").waitFor();
  await expectSaid(bob, ["Good morning!", "Good morning to you.\nHow is the garden?"]);
});

test("reactions: chosen by their name, joined, and taken back", async () => {
  const [alice, bob] = await house.arriveTogether();
  await say(alice, "Tomatoes!");
  await message(bob, "Tomatoes!").hover();
  await bob.page.getByRole("button", { name: "React", exact: true }).click();
  await bob.page.getByLabel("Search emoji").fill("tomato");
  await bob.page.getByRole("button", { name: "tomato", exact: true }).waitFor();
  await bob.page.keyboard.press("Enter");

  const ofAlice = message(alice, "Tomatoes!").getByRole("button", { name: /^🍅/ });
  await expect.poll(() => ofAlice.textContent()).toBe("🍅1");
  await ofAlice.click();
  const ofBob = message(bob, "Tomatoes!").getByRole("button", { name: /^🍅/ });
  await expect.poll(() => ofBob.textContent()).toBe("🍅2");
  await ofBob.focus();
  await expect.poll(() => ofBob.getAttribute("aria-label")).toBe(`🍅 2, You and ${alice.name}`);
  expect(await ofBob.getAttribute("aria-pressed")).toBe("true");

  await ofBob.click();
  await expect.poll(() => ofAlice.textContent()).toBe("🍅1");
  await ofAlice.click();
  await ofBob.waitFor({ state: "detached" });
});

test("emoji are chosen with the keyboard alone", async () => {
  const [alice] = await house.arriveTogether();
  const { keyboard } = alice.page;
  await say(alice, "First");
  await alice.page.locator(".message-sending").waitFor({ state: "detached" });
  await alice.page.getByRole("region", { name: "Messages" }).focus();
  await keyboard.press("ArrowUp");
  await keyboard.press("Tab");
  await keyboard.press("Enter");
  await alice.page.getByLabel("Search emoji").waitFor();
  await alice.page.getByRole("button", { name: "grinning face", exact: true }).waitFor();
  await keyboard.press("ArrowDown");
  await keyboard.press("ArrowRight");
  await keyboard.press("Enter");
  await message(alice, "First").getByRole("button", { name: /^❤️ 1/ }).waitFor();
});

test("a thread: answered beside the log, counted under the message, followed by the other", async () => {
  const [alice, bob] = await house.arriveTogether();
  await say(alice, "Which sort?");
  await message(bob, "Which sort?").hover();
  await bob.page.getByRole("button", { name: "Reply in thread" }).click();
  const ofBob = bob.page.getByRole("complementary", { name: "Thread" });
  await ofBob.getByRole("textbox", { name: "Reply" }).fill("San Marzano");
  await bob.page.keyboard.press("Enter");

  await message(alice, "Which sort?").getByRole("button", { name: "1 reply" }).click();
  const ofAlice = alice.page.getByRole("complementary", { name: "Thread" });
  await ofAlice.getByText("San Marzano").waitFor();
  await ofAlice.getByRole("textbox", { name: "Reply" }).fill("I knew it");
  await alice.page.keyboard.press("Enter");
  await expect
    .poll(() => ofBob.locator(".message-text").allTextContents())
    .toEqual(["Which sort?", "San Marzano", "I knew it"]);
  await message(bob, "Which sort?").getByRole("button", { name: "2 replies" }).waitFor();
  // In the log an answer says what it answers, and leads there.
  await message(alice, "San Marzano")
    .getByRole("button", { name: /Answers .*Which sort/ })
    .click();
  await expect.poll(() => message(alice, "Which sort?").evaluate((item) => item === document.activeElement)).toBe(true);
});

test("pins: set by a moderator, seen by all, listed, and taken off", async () => {
  const [alice, bob] = await house.arriveTogether();
  await say(bob, "The gate's code is 4711");
  await tools(alice, "4711", "Pin for everybody");
  await message(bob, "4711").getByText("Pinned").waitFor();
  await bob.page.getByRole("button", { name: "Room menu" }).click();
  await bob.page.getByRole("menuitem", { name: "Pinned messages" }).click();
  const list = bob.page.getByRole("complementary", { name: "Pinned messages" });
  await list.getByText("4711").waitFor();
  await tools(alice, "4711", "Unpin");
  await list.getByText("Nothing is pinned").waitFor();
  await message(bob, "4711").getByText("Pinned").waitFor({ state: "detached" });
});

test("a link to a message leads there, with what was said around it, and back to the latest", async () => {
  const [alice, bob, { roomId, url }] = await house.arriveTogether();
  const ids: string[] = [];
  for (let index = 1; index <= 160; index++) {
    const sent = await alice.chat.sendMessage({ roomId, content: `message ${index}`, requestId: `jump-${index}` });
    ids.push(sent.message?.id ?? "");
  }
  await bob.page.goto(`${url}?message=${ids[20]}`);
  const target = message(bob, /^message 21$/);
  await expect.poll(() => target.evaluate((item) => item === document.activeElement)).toBe(true);
  await message(bob, /^message 20$/).waitFor();
  expect(await message(bob, /^message 160$/).count()).toBe(0);
  // What is said meanwhile does not stand where it does not belong.
  await say(alice, "something new");
  await bob.page.getByRole("button", { name: "Jump to latest" }).click();
  await expect.poll(() => message(bob, "something new").isVisible()).toBe(true);
  await message(bob, /^message 160$/).waitFor();
  expect(await message(bob, /^message 21$/).count()).toBe(0);
});

test("a long room keeps a bounded page, whichever way one scrolls", async () => {
  const [alice, bob, { roomId }] = await house.arriveTogether();
  const total = 460;
  for (let from = 0; from < total; from += 20) {
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        alice.chat.sendMessage({ roomId, content: `line ${from + index}`, requestId: `long-${from + index}` }),
      ),
    );
  }
  const log = bob.page.getByRole("region", { name: "Messages" });
  const count = () => bob.page.locator("[data-message]").count();
  await expect.poll(count).toBeGreaterThan(40);
  const toTop = async () => {
    await log.evaluate((element) => element.scrollTo(0, 0));
    return bob.page
      .getByRole("button", { name: "Show earlier messages" })
      .or(bob.page.getByText("Loading earlier"))
      .count();
  };
  await expect.poll(toTop, { timeout: 30_000 }).toBe(0);
  expect(await count()).toBeLessThanOrEqual(300);
  expect(await bob.page.locator("[data-message]").first().textContent()).toMatch(/line 1?\d\b/);
  await bob.page.getByRole("button", { name: "Jump to latest" }).click();
  await expect.poll(() => log.evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight < 50)).toBe(true);
  expect(await count()).toBeLessThanOrEqual(300);
});

test("scrolling up reads what was said before, and the reader is not moved", async () => {
  const [alice, bob, { roomId }] = await house.arriveTogether();
  const texts = Array.from({ length: 130 }, (_, index) => `message ${index + 1}`);
  for (const content of texts) await alice.chat.sendMessage({ roomId, content, requestId: `scroll-${content}` });
  await bob.page.reload();
  await message(bob, /^message 130$/).waitFor();
  const log = bob.page.getByRole("region", { name: "Messages" });
  const texted = bob.page.locator(".message-text");

  // To the top again and again, with an eye on one message while older ones come in above it.
  for (let known = await texted.count(); known < 130; known = await texted.count()) {
    const { text, top } = await log.evaluate((element) => {
      element.scrollTo(0, 300);
      const first = element.querySelector(".message-text") as Element;
      return { text: first.textContent, top: first.getBoundingClientRect().top };
    });
    await expect.poll(() => texted.count()).toBeGreaterThan(known);
    expect(Math.abs((await log.evaluate(topOf, text)) - top), "the reader is not moved").toBeLessThan(3);
  }
  expect(await texted.allTextContents()).toEqual(texts);

  await say(alice, "something new");
  await bob.page.getByRole("button", { name: "1 new message" }).click();
  await expect.poll(() => bob.page.getByText("something new").isVisible()).toBe(true);
  await bob.page.getByRole("button", { name: "Jump to latest" }).waitFor({ state: "hidden" });
});

test("one sees who types", async () => {
  const [alice, bob] = await house.arriveTogether();
  await composer(bob.page).pressSequentially("Hm");
  await alice.page.getByText(`${bob.name} is typing…`).waitFor();
  await say(bob, "Hm, yes.");
  await alice.page.getByText(`${bob.name} is typing…`).waitFor({ state: "hidden" });
});

test("what was begun waits where it was begun, through a reload and in another tab, until one signs out", async () => {
  const [alice, , { url }] = await house.arriveTogether();
  await composer(alice.page).fill("Half a thought");
  await alice.page.goto(house.app.gateway);
  await alice.page.getByRole("link", { name: /Room of .*, draft/ }).waitFor();
  await alice.page.goto(url);
  await expect.poll(() => composer(alice.page).inputValue()).toBe("Half a thought");
  const other = await alice.context.newPage();
  await other.goto(url);
  await expect.poll(() => composer(other).inputValue()).toBe("Half a thought");
  await other.close();
  await alice.page.goto(`${house.app.gateway}/account`);
  await alice.page.getByRole("button", { name: "Sign out" }).click();
  await alice.page.getByRole("button", { name: "Sign in" }).waitFor();
  const kept = () => alice.page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("draft")));
  await expect.poll(kept).toEqual([]);
});

test("a message that the server refuses says why, and can be discarded", async () => {
  const [alice, bob, { roomId }] = await house.arriveTogether();
  await alice.chat.updateRoom({ roomId, blockedWords: ["radish"] });
  await say(bob, "I grow radish");
  await bob.page.getByText(/Not sent\. .*word that this room does not allow/).waitFor();
  await bob.page.getByRole("button", { name: "Discard" }).click();
  await say(bob, "I grow tomatoes");
  await expectSaid(alice, ["I grow tomatoes"]);
});

// Runs in the page.
function topOf(log: Element, text: string | null): number {
  const found = [...log.querySelectorAll(".message-text")].find((element) => element.textContent === text);
  return found?.getBoundingClientRect().top ?? Number.NaN;
}
