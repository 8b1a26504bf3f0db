import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp, type TestApp } from "../kit/app.ts";
import { createTestClock } from "../kit/clock.ts";
import { failureOf } from "../kit/failures.ts";
import { type Person, person } from "../kit/people.ts";

const clock = createTestClock();
let app: TestApp;
let ada: Person;
let bob: Person;
let eve: Person;
let roomId: string;

beforeAll(async () => {
  app = await startApp({ overrides: { clock } });
  [ada, bob, eve] = [await person(app, "ada"), await person(app, "bob"), await person(app, "eve")];
  roomId = (await ada.chat.createRoom({ name: "typing" })).room?.id ?? "";
  await bob.chat.joinRoom({ roomId });
});
afterAll(() => app[Symbol.asyncDispose]());

/** What a follower hears while `typing` goes on. */
async function heardDuring(typing: () => Promise<void>): Promise<string[]> {
  const stop = new AbortController();
  const heard: string[] = [];
  let attached = Promise.withResolvers<void>();
  const listening = (async () => {
    try {
      for await (const { frame } of ada.chat.subscribeToChatEvents({ roomIds: [roomId] }, { signal: stop.signal })) {
        if (frame.case === "caughtUp") attached.resolve();
        if (frame.case === "signal" && frame.value.payload.case === "typing") {
          const { username, isTyping } = frame.value.payload.value;
          heard.push(`${username} ${isTyping ? "types" : "stopped"}`);
        }
        if (frame.case === "event") attached.resolve();
      }
    } catch {
      // Ended by this test.
    }
  })();
  await attached.promise;
  attached = Promise.withResolvers<void>();
  await typing();
  // An event comes after every signal that was rung before it.
  await bob.chat.sendMessage({ roomId, content: "done" });
  await attached.promise;
  stop.abort();
  await listening;
  return heard;
}

test("followers hear who begins and who stops, once each however often it is said", async () => {
  const heard = await heardDuring(async () => {
    for (const isTyping of [true, true, true, false, false]) await bob.chat.setTyping({ roomId, isTyping });
  });
  expect(heard).toEqual(["bob types", "bob stopped"]);
});

test("followers hear again of who types on, and of who stops after a pause", async () => {
  const heard = await heardDuring(async () => {
    await bob.chat.setTyping({ roomId, isTyping: true });
    clock.advance(3000);
    await bob.chat.setTyping({ roomId, isTyping: true });
    clock.advance(5000);
    await bob.chat.setTyping({ roomId, isTyping: false });
  });
  expect(heard).toEqual(["bob types", "bob types", "bob stopped"]);
});

test("strangers do not type, and the muted neither", async () => {
  expect(await failureOf(eve.chat.setTyping({ roomId, isTyping: true }))).toEqual({
    code: "PermissionDenied",
    reason: "NOT_A_MEMBER",
  });
  await ada.chat.muteUser({ roomId, userId: bob.id, reason: "" });
  expect(await failureOf(bob.chat.setTyping({ roomId, isTyping: true }))).toEqual({
    code: "PermissionDenied",
    reason: "MUTED",
  });
});
