import { once } from "node:events";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp, type TestApp } from "../kit/app.ts";
import { failureOf } from "../kit/failures.ts";
import { type Person, person } from "../kit/people.ts";

let app: TestApp;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  app = await startApp();
  [ada, bob] = [await person(app, "ada"), await person(app, "bob")];
});
afterAll(() => app[Symbol.asyncDispose]());

async function postJson(method: string, token: string, body: unknown) {
  const response = await fetch(`${app.gateway}/veza.chat.v1.ChatService/${method}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as { code?: string; message?: string } };
}

test("a call whose body is held back past the end of its session does nothing", async () => {
  const roomId = (await bob.chat.createRoom({ name: "held back" })).room?.id ?? "";
  const body = JSON.stringify({ roomId, content: "too late" });
  const socket = connect(Number(new URL(app.gateway).port), "127.0.0.1");
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk.toString();
  });
  socket.write(
    `POST /veza.chat.v1.ChatService/SendMessage HTTP/1.1\r\nhost: veza\r\ncontent-type: application/json\r\nconnection: close\r\nauthorization: Bearer ${bob.accessToken}\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  await bob.auth.logout({});
  socket.end(body.slice(5));
  await new Promise((resolve) => socket.on("close", resolve));
  expect(answer).toContain("401");
  expect(answer).toContain("TOKEN_REVOKED");
  expect((await ada.chat.getMessageHistory({ roomId })).messages).toEqual([]);
});

test("an empty body that ended while a new token was looked at is a request like any other", async () => {
  const eve = await person(app, "empty_body");
  const session = connectHttp2(app.gateway);
  const call = session.request({
    ":method": "POST",
    ":path": "/veza.auth.v1.AuthService/GetUserInfo",
    "content-type": "application/proto",
    authorization: `Bearer ${eve.accessToken}`,
    "connect-timeout-ms": "5000",
  });
  // An empty frame of data that ends the stream, where an end with the headers would say the same.
  call.end(Buffer.alloc(0));
  const [headers] = (await once(call, "response")) as [IncomingHttpHeaders];
  expect(headers[":status"]).toBe(200);
  session.destroy();
});

test("a name that an enum does not have is refused, not taken as the default", async () => {
  for (const type of ["PRIVATE", "NOPE"]) {
    const { status, body } = await postJson("CreateRoom", ada.accessToken, { name: "secret", type, unknownField: 1 });
    expect([status, body.code]).toEqual([400, "invalid_argument"]);
    expect(body.message).toContain("ROOM_TYPE_PRIVATE");
  }
  const good = await postJson("CreateRoom", ada.accessToken, {
    name: "ok",
    type: "ROOM_TYPE_PRIVATE",
    unknownField: 1,
  });
  expect(good.status).toBe(200);
  expect((await postJson("CreateRoom", ada.accessToken, { name: "by number", type: 2 })).status).toBe(200);
});

test("a public room that was named is followed on after leaving it, and after coming back", async () => {
  const eve = await person(app, "eve");
  const roomId = (await ada.chat.createRoom({ name: "open house" })).room?.id ?? "";
  await eve.chat.joinRoom({ roomId });
  const stop = new AbortController();
  const seen: string[] = [];
  const sequences: number[] = [];
  const live = Promise.withResolvers<void>();
  const following = (async () => {
    try {
      for await (const { frame } of eve.chat.subscribeToChatEvents({ roomIds: [roomId] }, { signal: stop.signal })) {
        if (frame.case === "caughtUp") live.resolve();
        if (frame.case === "closing") seen.push("closing");
        if (frame.case !== "event") continue;
        sequences.push(Number(frame.value.sequence));
        if (frame.value.payload.case === "messageSent") seen.push(frame.value.payload.value.message?.content ?? "");
      }
    } catch {
      // Ended by this test.
    }
  })();
  await live.promise;
  const say = async (content: string) => {
    await ada.chat.sendMessage({ roomId, content });
    await expect.poll(() => seen, { timeout: 10_000 }).toContain(content);
  };
  await say("here");
  await eve.chat.leaveRoom({ roomId });
  await say("gone");
  await eve.chat.joinRoom({ roomId });
  await say("back");
  await ada.chat.banUser({ roomId, userId: eve.id, reason: "" });
  await expect.poll(() => seen, { timeout: 10_000 }).toContain("closing");
  await ada.chat.sendMessage({ roomId, content: "not for her" });
  stop.abort();
  await following;
  expect(seen).toEqual(["here", "gone", "back", "closing"]);
  expect(sequences).toEqual(sequences.map((_, index) => (sequences[0] ?? 0) + index));
});

test("a deadline that has passed already ends the call before it does anything", async () => {
  const response = await fetch(`${app.gateway}/veza.chat.v1.ChatService/CreateRoom`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${ada.accessToken}`,
      "connect-timeout-ms": "0",
    },
    body: JSON.stringify({ name: "never" }),
  });
  expect(((await response.json()) as { code: string }).code).toBe("deadline_exceeded");
  expect((await ada.chat.listRooms({})).rooms.map(({ name }) => name)).not.toContain("never");
  expect(await failureOf(ada.chat.getRoomInfo({ roomId: "nonsense" }))).toMatchObject({ code: "InvalidArgument" });
});
