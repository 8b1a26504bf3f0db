import { afterAll, beforeAll, expect, test } from "vitest";
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

/** Calls with JSON as it stands here; a client library would write numbers in its own way. */
async function call(method: string, body: object): Promise<{ status: number; reason: string }> {
  const answer = await fetch(`${app.gateway}/veza.chat.v1.ChatService/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${ada.accessToken}` },
    body: JSON.stringify(body),
  });
  const { details = [] } = (await answer.json()) as { details?: { debug: { reason: string } }[] };
  return { status: answer.status, reason: details[0]?.debug.reason ?? "" };
}

// JSON allows these for an int64: they all are the same user.
test.each(["0", "+", "00"])("a user id that begins with `%s` names the same user", async (sign) => {
  const own = `${sign}${ada.id}`;
  expect(await call("SendDirectMessage", { recipientId: own, content: "me" })).toEqual({
    status: 400,
    reason: "SELF_MESSAGE",
  });
  expect(await call("BlockUser", { userId: own })).toEqual({ status: 400, reason: "SELF_SANCTION" });
});

test("a ban drops the streams of whoever it names, however the id is written", async () => {
  const { room } = await ada.chat.createRoom({ name: "a room" });
  const roomId = room?.id ?? "";
  // No member: only the ban itself says that this stream is to end.
  const frames = bob.chat.subscribeToChatEvents({ roomIds: [roomId] })[Symbol.asyncIterator]();
  expect((await frames.next()).value.frame.case).toBe("hello");
  expect(await call("BanUser", { roomId, userId: `0${bob.id}` })).toEqual({ status: 200, reason: "" });
  let last: string | undefined;
  for (let next = await frames.next(); !next.done; next = await frames.next()) last = next.value.frame.case;
  expect(last).toBe("closing");
}, 10_000);
