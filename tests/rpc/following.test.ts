import { afterAll, beforeAll, expect, test } from "vitest";
import { CloseReason } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { type Person, person } from "../kit/people.ts";

let app: TestApp;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  app = await startApp();
  [ada, bob] = [await person(app, "ada"), await person(app, "bob")];
});
afterAll(() => app[Symbol.asyncDispose]());

/** Collects what a follower gets, a word for each frame, until the stream ends or is stopped. */
async function follow(who: Person, roomIds: string[]) {
  const stop = new AbortController();
  const attached = Promise.withResolvers<void>();
  const frames: string[] = [];
  const ended = (async () => {
    try {
      for await (const { frame } of who.chat.subscribeToChatEvents({ roomIds }, { signal: stop.signal })) {
        if (frame.case === "event") frames.push(frame.value.payload.case ?? "");
        if (frame.case === "closing") frames.push(`closing ${frame.value.reason}`);
        if (frame.case === "caughtUp") attached.resolve();
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error;
    }
  })();
  await attached.promise;
  return { frames, ended, stop: () => stop.abort() };
}

test("who leaves and joins again in one breath goes on following", async () => {
  const roomId = (await ada.chat.createRoom({ name: "a room" })).room?.id ?? "";
  await bob.chat.joinRoom({ roomId });
  const following = await follow(bob, []);
  const { message } = await ada.chat.sendMessage({ roomId, content: "to be deleted" });
  // A deletion makes the service forget what it remembers of the room: what follows is read from the store, which takes
  // longer than leaving and joining.
  await Promise.all([
    ada.chat.deleteMessage({ messageId: message?.id ?? "" }),
    bob.chat.leaveRoom({ roomId }),
    bob.chat.joinRoom({ roomId }),
  ]);
  await ada.chat.sendMessage({ roomId, content: "welcome back" });
  // Which of the deletion and the leaving is first is for the database to say.
  await expect
    .poll(() => following.frames.filter((frame) => frame !== "messageDeleted"), { timeout: 10_000 })
    .toEqual(["messageSent", "memberLeft", "memberJoined", "messageSent"]);
  following.stop();
  await following.ended;
});

test("a stream's room that becomes private drops who is no member, at once", async () => {
  const { stream } = await ada.stream.createStream({ title: "a stream", visibility: StreamVisibility.PUBLIC });
  const roomId = stream?.roomId ?? "";
  const [stranger, owner] = [await follow(bob, [roomId]), await follow(ada, [roomId])];
  await ada.stream.updateStream({ streamId: stream?.id ?? "", visibility: StreamVisibility.PRIVATE });
  await stranger.ended;
  expect(stranger.frames.at(-1)).toBe(`closing ${CloseReason.NO_ROOMS_LEFT}`);
  await ada.chat.sendMessage({ roomId, content: "among us" });
  await expect.poll(() => owner.frames, { timeout: 10_000 }).toEqual(["roomUpdated", "messageSent"]);
  owner.stop();
  await owner.ended;
}, 20_000);
