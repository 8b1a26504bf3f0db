import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import { getFile, postFile, type UploadAnswer } from "../kit/files.ts";
import { type Parts, startParts, untilHealthy } from "../kit/parts.ts";
import { type Person, person } from "../kit/people.ts";

const patience = { timeout: 20_000, interval: 100 };
let parts: Parts;
let alice: Person;
let bob: Person;
let roomId: string;

beforeAll(async () => {
  parts = await startParts();
  await untilHealthy(parts);
  [alice, bob] = [await person(parts, "alice"), await person(parts, "bob")];
  roomId = (await alice.chat.createRoom({ name: "a room" })).room?.id ?? "";
  await bob.chat.joinRoom({ roomId });
});
afterAll(() => parts[Symbol.asyncDispose]());

test("a file goes through a gateway to the part that keeps it, and back to who may read its room", async () => {
  const sent = randomBytes(20_000_000);
  const answer = await postFile(parts, alice, sent, "?name=noise.bin");
  expect(answer.status).toBe(201);
  const { id, url } = (await answer.json()) as UploadAnswer;
  expect(url).toBe(`${parts.gateway}/files/${id}`);
  const { message } = await alice.chat.sendMessage({ roomId, content: "look", attachmentIds: [id] });
  expect(message?.attachments[0]?.url).toBe(url);
  const got = await getFile(parts, bob, id);
  expect(Buffer.from(await got.arrayBuffer()).equals(sent)).toBe(true);
  const part = await getFile(parts, bob, id, { range: "bytes=100-199" });
  expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 100-199/20000000"]);
  expect(Buffer.from(await part.arrayBuffer()).equals(sent.subarray(100, 200))).toBe(true);
  expect((await postFile(parts, alice, Buffer.alloc(51 * 1024 * 1024))).status).toBe(413);
});

test("an account's data comes from every part", async () => {
  await bob.stream.createStream({ title: "night radio" });
  await bob.chat.sendMessage({ roomId, content: "hello" });
  const answer = await fetch(`${parts.gateway}/account/export`, {
    headers: { authorization: `Bearer ${bob.accessToken}` },
  });
  expect(await answer.json()).toMatchObject({
    account: [{ username: "bob" }],
    messages: [{ content: "hello" }],
    streams: [{ title: "night radio" }],
  });
});

test("who is there is known through a gateway elsewhere", async () => {
  const stop = new AbortController();
  const following = (async () => {
    for await (const _ of bob.chat.subscribeToChatEvents({}, { signal: stop.signal })) {
      // Being there is enough.
    }
  })().catch(() => undefined);
  const status = async () => (await alice.chat.getPresence({ userIds: [bob.id] })).presences[0]?.status;
  await expect.poll(status, patience).toBe(PresenceStatus.ONLINE);
  stop.abort();
  await following;
  await expect.poll(status, patience).toBe(PresenceStatus.OFFLINE);
});
