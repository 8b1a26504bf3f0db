import { expect, test } from "vitest";
import { MemberRole, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { composer, expectSaid, message, say, tools } from "./browser.ts";
import { type Guest, openConsole } from "./console-kit.ts";

const house = openConsole();

/** Chooses something from the menu of the other one's line among the members. */
async function act({ page }: Guest, on: Guest, item: string | RegExp): Promise<void> {
  const members = page.getByRole("complementary", { name: "Members" });
  await members.getByText(on.name, { exact: true }).hover();
  await members.getByRole("button", { name: `Actions for ${on.name}` }).click();
  await page
    .getByRole(/^(Member|Moderator|Admin)$/.test(String(item)) ? "menuitemradio" : "menuitem", { name: item })
    .click();
}

test("one sees who is there", async () => {
  const [alice, bob] = await house.arriveTogether();
  const members = alice.page.getByRole("complementary", { name: "Members" });
  const row = members.getByRole("listitem").filter({ hasText: bob.name });
  await row.getByText(", online").waitFor({ state: "attached" });
  await bob.page.getByRole("button", { name: /your status/ }).click();
  await bob.page.getByRole("radio", { name: "Do not disturb" }).check();
  await bob.page.getByLabel("In a few words (optional)").fill("Pruning roses");
  await bob.page.getByRole("button", { name: "Save" }).click();
  await row.getByText(", busy").waitFor({ state: "attached" });
  await row.getByText("Pruning roses").waitFor();
  await bob.page.getByRole("button", { name: /your status: Pruning roses/ }).waitFor();
  await bob.context.close();
  await row.getByText(", offline").waitFor({ state: "attached" });
});

test("a direct message reaches the other, and its badge goes once it is read; then one blocks the other", async () => {
  const [alice, bob] = await house.arriveTogether();
  await act(bob, alice, "Write a message");
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

  await alice.page.getByRole("button", { name: "Conversation menu" }).click();
  await alice.page.getByRole("menuitem", { name: "Block…" }).click();
  await alice.page.getByRole("dialog").getByRole("button", { name: "Block" }).click();
  await alice.page.getByText(`You blocked ${bob.name}`).waitFor();
  await say(bob, "hello?");
  await bob.page.getByText(/Not sent\./).waitFor();
  await alice.page.getByRole("button", { name: "Unblock" }).click();
  await composer(alice.page).waitFor();
  await bob.page.getByRole("button", { name: "Try again" }).click();
  await message(alice, "hello?").waitFor();
});

test("a private room opens to who follows an invite link, until that is revoked", async () => {
  const alice = await house.arrive("alice");
  await alice.page.getByRole("button", { name: "Create a room" }).first().click();
  await alice.page.getByLabel("Name").fill("Secret garden");
  await alice.page.getByRole("radio", { name: /Private/ }).check();
  await alice.page.getByRole("button", { name: "Create room" }).click();
  await alice.page.getByRole("button", { name: "Room menu" }).click();
  await alice.page.getByRole("menuitem", { name: "Invite people…" }).click();
  await alice.page.getByRole("button", { name: "Make an invite link" }).click();
  const link = await alice.page.getByRole("textbox", { name: "Invite link" }).inputValue();

  const [bob, carol] = await Promise.all([house.arrive("bob"), house.arrive("carol")]);
  await bob.page.goto(link.replace(/\?.*/, ""));
  await bob.page.getByText("This room is not open to you").waitFor();
  await bob.page.goto(link);
  await bob.page.getByRole("button", { name: "Join the room" }).click();
  await say(bob, "found it");
  await expectSaid(alice, ["found it"]);

  await alice.page.getByRole("button", { name: /^Revoke/ }).click();
  await alice.page.getByRole("button", { name: /^Revoke/ }).waitFor({ state: "detached" });
  await carol.page.goto(link);
  await carol.page.getByRole("button", { name: "Join the room" }).click();
  await carol.page.getByText("This invite link is used up or has expired").waitFor();
});

test("roles: a moderator is made, acts, and in the end owns the room", async () => {
  const [alice, bob] = await house.arriveTogether();
  await say(alice, "Who wants the keys?");
  await act(alice, bob, "Moderator");
  const row = bob.page
    .getByRole("complementary", { name: "Members" })
    .getByRole("listitem")
    .filter({ hasText: bob.name });
  await row.getByText("Moderator").waitFor();
  await tools(bob, "Who wants the keys?", "Pin for everybody");
  await message(alice, "Who wants the keys?").getByText("Pinned").waitFor();
  await act(alice, bob, "Hand the room over…");
  await alice.page.getByRole("dialog").getByRole("button", { name: "Hand over" }).click();
  await row.getByText("Owner").waitFor();
  await bob.page.getByRole("button", { name: "Room menu" }).click();
  await bob.page.getByRole("menuitem", { name: "Archive room…" }).click();
  await bob.page.getByRole("dialog").getByRole("button", { name: "Archive" }).click();
  await alice.page.getByText("This room is archived").waitFor();
});

test("moderation: muted and lifted, warned and edited, removed and banned, and all of it in the log", async () => {
  const [alice, bob, { url }] = await house.arriveTogether();
  await act(alice, bob, "Mute…");
  await alice.page.getByLabel("Reason (optional)").fill("too loud");
  await alice.page.getByRole("button", { name: "Mute", exact: true }).click();
  await bob.page.getByText(/You are muted in .*: too loud/).waitFor();
  await say(bob, "mmmh");
  await bob.page.getByText(/Not sent\. .*muted/i).waitFor();
  await bob.page.getByRole("button", { name: "Discard" }).click();

  await alice.page.getByRole("button", { name: "Room menu" }).click();
  await alice.page.getByRole("menuitem", { name: "Moderation" }).click();
  const panel = alice.page.getByRole("complementary", { name: "Moderation" });
  await panel.getByRole("radio", { name: "Sanctions" }).check();
  await panel.getByRole("button", { name: `Unmute ${bob.name}` }).click();
  await bob.page.getByText("You may write in").waitFor();
  await say(bob, "my phone number is 4711");
  await message(alice, "4711").waitFor();

  await tools(alice, "4711", "Moderate…");
  const dialog = alice.page.getByRole("dialog");
  await dialog.getByLabel("Reason (optional)").fill("keep that to yourself");
  await dialog.getByRole("button", { name: "Warn" }).click();
  await bob.page.getByText(/warned you: keep that to yourself/).waitFor();
  await tools(alice, "4711", "Moderate…");
  await dialog.getByRole("radio", { name: /Edit/ }).check();
  await dialog.getByLabel("What it shall say").fill("my phone number is a secret");
  await dialog.getByRole("button", { name: "Edit" }).click();
  await message(bob, "is a secret").waitFor();

  await alice.page.getByRole("button", { name: "Members", exact: true }).click();
  await act(alice, bob, "Ban…");
  await dialog.getByRole("button", { name: "Ban" }).click();
  await bob.page.getByText("You were banned from").waitFor();
  await bob.page.goto(url);
  await bob.page
    .getByText(/banned/i)
    .first()
    .waitFor();

  await alice.page.getByRole("button", { name: "Room menu" }).click();
  await alice.page.getByRole("menuitem", { name: "Moderation" }).click();
  await panel.getByRole("radio", { name: "Log" }).check();
  for (const deed of ["banned", "edited a message of", "warned", "unmuted", "muted"]) {
    await panel.getByText(`${alice.name} ${deed} ${bob.name}`).first().waitFor();
  }
});

test("reports: a member tells, a moderator looks and ends it", async () => {
  const [alice, bob] = await house.arriveTogether();
  await say(alice, "Buy my miracle fertiliser");
  await tools(bob, "miracle", "Report…");
  await bob.page.getByLabel("What is wrong with it?").fill("It smells of advertising");
  await bob.page.getByRole("button", { name: "Report", exact: true }).click();
  await bob.page.getByText("Thank you.").waitFor();
  await alice.page.getByRole("button", { name: "Room menu" }).click();
  await alice.page.getByRole("menuitem", { name: "Moderation" }).click();
  const panel = alice.page.getByRole("complementary", { name: "Moderation" });
  await panel.getByText("It smells of advertising").waitFor();
  await panel.getByText(`${bob.name} reported`).waitFor();
  await panel.getByRole("button", { name: "Dismiss" }).click();
  await panel.getByText("Nothing to look at").waitFor();
});

test("room settings: a topic, slow mode and blocked words hold at once", async () => {
  const [alice, bob] = await house.arriveTogether();
  await alice.page.getByRole("button", { name: "Room menu" }).click();
  await alice.page.getByRole("menuitem", { name: "Room settings…" }).click();
  await alice.page.getByLabel("Topic (optional)").fill("Slugs");
  await alice.page.getByLabel(/Slow mode/).selectOption({ label: "1 h 0 min" });
  await alice.page.getByLabel(/Blocked words/).fill("poison\n\nsalt");
  await alice.page.getByRole("button", { name: "Save" }).click();
  await bob.page.getByText("· Slugs").waitFor();
  await say(bob, "Beer traps work");
  await message(alice, "Beer traps work").waitFor();
  await say(bob, "And coffee");
  await bob.page.getByText(/Not sent.*[Ss]low mode/).waitFor();
  await say(alice, "No salt");
  await alice.page.getByText(/Not sent\. .*word that this room does not allow/).waitFor();
});

test("a guest reads a public room along, and joins it", async () => {
  const alice = await house.arrive("alice");
  const { room } = await alice.chat.createRoom({ name: "Open air", type: RoomType.PUBLIC });
  const bob = await house.arrive("bob");
  await bob.page.goto(`${house.app.gateway}/rooms/${room?.id}`);
  await bob.page.getByText("You are reading along").waitFor();
  await alice.chat.sendMessage({ roomId: room?.id ?? "", content: "for all to read" });
  await message(bob, "for all to read").waitFor();
  await bob.page.getByRole("button", { name: "Join room" }).click();
  await say(bob, "and to answer");
  await message(bob, "and to answer").waitFor();
  const { members } = await alice.chat.listMembers({ roomId: room?.id ?? "" });
  expect(members.map(({ role }) => role)).toEqual([MemberRole.OWNER, MemberRole.MEMBER]);
});
