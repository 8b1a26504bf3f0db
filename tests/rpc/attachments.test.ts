import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MessageType } from "#gen/veza/chat/v1/message_pb.ts";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { roomKey } from "#src/chat/keys.ts";
import type { ChatTables } from "#src/chat/tables.ts";
import type { RoomId } from "#src/platform/ids.ts";
import { limits } from "#src/platform/limits.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { createTestClock } from "../kit/clock.ts";
import { cameraPicture, getFile, keptFiles, picture, postFile, type UploadAnswer, upload } from "../kit/files.ts";
import { type Person, person } from "../kit/people.ts";
import { type Cast, castOf, reasonOf, roomOf, storedEvents } from "./chat-kit.ts";

const clock = createTestClock();
const patience = { timeout: 20_000, interval: 100 };
let app: TestApp;
let cast: Cast;
let privateRoom: string;
let publicRoom: string;

beforeAll(async () => {
  app = await startApp({ overrides: { clock } });
  cast = await castOf(app);
  privateRoom = await roomOf(cast, RoomType.PRIVATE);
  publicRoom = await roomOf(cast);
});
afterAll(() => app[Symbol.asyncDispose]());

async function sendFiles(who: Person, roomId: string, files: readonly UploadAnswer[], type?: MessageType) {
  const attachmentIds = files.map(({ id }) => id);
  const { message } = await who.chat.sendMessage({ roomId, content: "look", attachmentIds, ...(type && { type }) });
  if (message === undefined) throw new Error("SendMessage answered without a message");
  return message;
}
const statusOf = async (answer: Promise<Response>) => {
  const response = await answer;
  await response.arrayBuffer();
  return response.status;
};

describe("what is sent", () => {
  test("is what its bytes say, whatever its sender says", async () => {
    const page = "<html><script>alert(1)</script></html>";
    const answer = await postFile(app, cast.member, page, "?name=..%2F..%2Fx%0A.png", { "content-type": "image/png" });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({ name: "x.png", contentType: "text/plain", size: page.length });

    const drawing = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    const { id } = await upload(app, cast.member, drawing, "x.svg");
    const got = await getFile(app, cast.member, id);
    expect(got.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(got.headers.get("content-disposition")).toMatch(/^attachment; filename="x.svg"/);
    expect(got.headers.get("content-security-policy")).toContain("sandbox");
    expect(got.headers.get("x-content-type-options")).toBe("nosniff");
    expect(got.headers.get("cache-control")).toBe("private, no-cache");
    expect(await got.text()).toBe(drawing);
  });

  test("may come as a form", async () => {
    const form = new FormData();
    form.set("note", "first a field");
    form.set("file", new Blob(["some words"]), "süß \u{202e}txt.exe");
    const answer = await postFile(app, cast.member, form);
    expect(answer.status).toBe(201);
    const { id, name, contentType } = (await answer.json()) as UploadAnswer;
    expect({ name, contentType }).toEqual({ name: "süß txt.exe", contentType: "text/plain" });
    expect(await (await getFile(app, cast.member, id)).text()).toBe("some words");
  });

  test("is refused when there is nothing in it, or no end of it", async () => {
    const before = await keptFiles(app);
    const empty = new FormData();
    empty.set("note", "no file");
    const cut = '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nsome wor';
    const multipart = { "content-type": "multipart/form-data; boundary=b" };
    expect(await statusOf(postFile(app, cast.member, ""))).toBe(400);
    expect(await statusOf(postFile(app, cast.member, empty))).toBe(400);
    expect(await statusOf(postFile(app, cast.member, cut, "", multipart))).toBe(400);
    expect(await statusOf(postFile(app, cast.member, "x", "", { "content-type": "multipart/form-data; x" }))).toBe(400);
    const padded = new FormData();
    padded.set("note", "a".repeat(1024 * 1024));
    padded.set("file", new Blob(["words"]), "a");
    expect(await statusOf(postFile(app, cast.member, padded))).toBe(400);
    expect(await statusOf(postFile(app, undefined, "words"))).toBe(401);
    expect(await statusOf(postFile(app, { accessToken: "nonsense" }, "words"))).toBe(401);
    expect(await statusOf(fetch(`${app.gateway}/files`, { method: "PUT", body: "x" }))).toBe(405);
    expect(await keptFiles(app)).toEqual(before);
  });

  test("holds nobody up who writes in a room, and is not held up", async ({ skip }) => {
    const { database } = app.app.platform;
    if (database.dialect === "sqlite") return skip("writes one after the other");
    const begun = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    const writing = database.withTables<ChatTables>("chat").write(
      async () => {
        begun.resolve();
        await written.promise;
      },
      { keys: [roomKey(publicRoom as RoomId)] },
    );
    await begun.promise;
    expect(await statusOf(postFile(app, cast.other, "words"))).toBe(201);
    expect(await statusOf(postFile(app, cast.other, ""))).toBe(400);
    await cast.other.chat.setStatus({ statusText: "sending files" });
    written.resolve();
    await writing;
  });

  test("is bounded, in size and in number", async () => {
    const eager = await person(app, "eager");
    const before = await keptFiles(app);
    const mebibyte = new Uint8Array(1024 * 1024);
    let sent = 0;
    const tooMuch = new ReadableStream({
      pull: (controller) => (sent++ < 52 ? controller.enqueue(mebibyte) : controller.close()),
    });
    const refused = await postFile(app, eager, tooMuch).catch(() => undefined);
    // The connection may be cut before the client has read why.
    if (refused !== undefined) {
      expect(refused.status).toBe(413);
      expect(await refused.json()).toMatchObject({ reason: "FILE_TOO_LARGE" });
    }
    expect(await keptFiles(app)).toEqual(before);
    await expect.poll(async () => (await postFile(app, eager, "one")).status, patience).toBe(201);
    for (let files = 2; files <= 50; files++) await upload(app, eager, "one");
    const oneMore = await postFile(app, eager, "one too many");
    expect(oneMore.status).toBe(429);
    expect(await oneMore.json()).toMatchObject({ reason: "LIMIT_REACHED" });
  });

  test("leaves nothing when its sender goes away", async () => {
    const before = await keptFiles(app);
    const away = new AbortController();
    const endless = new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        controller.enqueue(new Uint8Array(1000));
      },
    });
    const sending = fetch(`${app.gateway}/files`, {
      method: "POST",
      body: endless,
      duplex: "half",
      headers: { authorization: `Bearer ${cast.other.accessToken}` },
      signal: away.signal,
    } as RequestInit).catch(() => undefined);
    await expect.poll(async () => (await keptFiles(app)).length, patience).toBeGreaterThan(before.length);
    away.abort();
    await sending;
    await expect.poll(() => keptFiles(app), patience).toEqual(before);
  });
});

describe("pictures", () => {
  test("are measured as they are shown, and get a small form without what the camera wrote", async () => {
    const { id, width, height, contentType, thumbnail } = await upload(
      app,
      cast.member,
      await cameraPicture(1200, 600),
    );
    expect({ width, height, contentType }).toEqual({ width: 600, height: 1200, contentType: "image/jpeg" });
    expect(thumbnail).toBe(`${app.gateway}/files/${id}/thumbnail`);
    const small = await getFile(app, cast.member, `${id}/thumbnail`);
    expect(small.headers.get("content-type")).toBe("image/webp");
    expect(small.headers.get("content-disposition")).toMatch(/^inline/);
    const bytes = Buffer.from(await small.arrayBuffer());
    const facts = await sharp(bytes).metadata();
    expect([facts.width, facts.height, facts.orientation]).toEqual([180, 360, undefined]);
    expect(bytes.includes("secret place")).toBe(false);
  });

  test("are given to others without what the camera wrote, and look as they did", async () => {
    const taken = await cameraPicture(300, 200);
    expect(Buffer.from(taken).includes("secret place")).toBe(true);
    const file = await upload(app, cast.member, taken);
    const given = Buffer.from(await (await getFile(app, cast.member, file.id)).arrayBuffer());
    expect(given.includes("secret place")).toBe(false);
    expect(given.length).toBe(file.size);
    const { orientation, width, height } = await sharp(given).metadata();
    expect([orientation, width, height]).toEqual([6, 300, 200]);
    const message = await sendFiles(cast.member, publicRoom, [file]);
    expect(message.attachments[0]?.size).toBe(BigInt(given.length));
  });

  test("too large to look at, or broken, are files like any other", async () => {
    const bomb = await upload(app, cast.member, await picture(8000, 7000));
    expect(bomb).toMatchObject({ contentType: "image/png" });
    expect(bomb.thumbnail).toBeUndefined();
    const broken = await upload(app, cast.member, (await picture(50, 50)).slice(0, 60));
    expect(broken.contentType).toBe("image/png");
    expect(broken.thumbnail).toBeUndefined();
    expect(await statusOf(getFile(app, cast.member, `${broken.id}/thumbnail`))).toBe(404);
  });
});

describe("messages with files", () => {
  test("show them wherever they are read", async () => {
    const files = [
      await upload(app, cast.member, await picture(400, 300), "one.png"),
      await upload(app, cast.member, "words"),
    ];
    const message = await sendFiles(cast.member, publicRoom, files);
    expect(message.type).toBe(MessageType.FILE);
    expect(message.attachments.map(({ id }) => id)).toEqual(files.map(({ id }) => id));
    expect(message.attachments[0]).toMatchObject({
      filename: "one.png",
      contentType: "image/png",
      size: BigInt(files[0]?.size ?? 0),
      url: files[0]?.url,
      thumbnailUrl: files[0]?.thumbnail,
      width: 400,
      height: 300,
    });
    const { messages } = await cast.owner.chat.getMessageHistory({ roomId: publicRoom, limit: 1 });
    expect(messages[0]).toEqual(message);
    const { message: edited } = await cast.member.chat.editMessage({ messageId: message.id, content: "look!" });
    expect(edited?.attachments).toEqual(message.attachments);
    const event = (await storedEvents(app, publicRoom)).find(({ sequence }) => sequence === message.sequence);
    expect(event?.payload.case === "messageSent" && event.payload.value.message).toEqual(message);
  });

  test("take only what is the sender's own and free, and say what it is", async () => {
    const own = await upload(app, cast.member, await picture(10, 10));
    const others = await upload(app, cast.other, "words");
    const send = (ids: string[], type: MessageType = MessageType.UNSPECIFIED) =>
      reasonOf(cast.member.chat.sendMessage({ roomId: publicRoom, content: "look", attachmentIds: ids, type }));
    expect(await send([own.id, others.id])).toBe("ATTACHMENT_NOT_FOUND");
    expect(await send(["01990000-0000-7000-8000-000000000000"])).toBe("ATTACHMENT_NOT_FOUND");
    expect(await send([own.id], MessageType.AUDIO)).toBe("INVALID_FIELD");
    expect(await send(Array.from({ length: 11 }, () => crypto.randomUUID()))).toBe("INVALID_FIELD");
    const message = await sendFiles(cast.member, publicRoom, [own]);
    expect(message.type).toBe(MessageType.IMAGE);
    expect(await send([own.id])).toBe("ATTACHMENT_NOT_FOUND");
  });

  test("say enough without words", async () => {
    const { id } = await upload(app, cast.member, await picture(10, 10));
    const send = (content: string) =>
      cast.member.chat.sendMessage({ roomId: publicRoom, content, attachmentIds: [id] });
    expect(await reasonOf(send(" "))).toBe("INVALID_FIELD");
    const { message } = await send("");
    expect(message).toMatchObject({ content: "", type: MessageType.IMAGE, attachments: [{ id }] });
  });

  test("are one message however often they are sent", async () => {
    const { id } = await upload(app, cast.member, "words");
    const draft = { roomId: publicRoom, content: "look", attachmentIds: [id], requestId: "files-once" };
    const first = await cast.member.chat.sendMessage(draft);
    expect(await cast.member.chat.sendMessage(draft)).toEqual(first);
    expect(await reasonOf(cast.member.chat.sendMessage({ ...draft, attachmentIds: [] }))).toBe("REQUEST_ID_REUSED");
  });

  test("take them along when they are deleted", async () => {
    const files = [await upload(app, cast.member, await picture(400, 300)), await upload(app, cast.member, "words")];
    const message = await sendFiles(cast.member, publicRoom, files);
    await cast.moderator.chat.deleteMessage({ messageId: message.id });
    for (const { id } of files) expect(await statusOf(getFile(app, cast.member, id))).toBe(404);
    const { messages } = await cast.member.chat.getMessageHistory({ roomId: publicRoom, limit: 1 });
    expect(messages[0]?.attachments).toEqual([]);
    const event = (await storedEvents(app, publicRoom)).find(({ sequence }) => sequence === message.sequence);
    expect(event?.payload.case === "messageSent" && event.payload.value.message?.attachments).toEqual([]);
    const keys = () => keptFiles(app).then((all) => all.filter((key) => files.some(({ id }) => key.includes(id))));
    await expect.poll(keys, patience).toEqual([]);
  });
});

describe("who gets a file", () => {
  test("before it belongs to a message: whoever sent it", async () => {
    const { id } = await upload(app, cast.member, "words");
    const statuses = await Promise.all(
      [cast.member, cast.owner, cast.root, cast.stranger, undefined].map((who) => statusOf(getFile(app, who, id))),
    );
    expect(statuses).toEqual([200, 404, 404, 404, 401]);
  });

  test.each([
    ["a private room", () => privateRoom, 404, 404],
    ["a public room", () => publicRoom, 200, 403],
  ])("in %s: whoever may read it, from the next request on", async (_room, room, strangers, banned) => {
    const { id } = await upload(app, cast.member, await picture(20, 20));
    await sendFiles(cast.member, room(), [{ id } as UploadAnswer]);
    for (const form of ["", "/thumbnail"]) {
      const of = (who: Person | undefined) => statusOf(getFile(app, who, id + form));
      expect(await Promise.all([cast.owner, cast.other, cast.muted, cast.root].map(of))).toEqual([200, 200, 200, 200]);
      expect(await Promise.all([cast.stranger, cast.banned, undefined].map(of))).toEqual([strangers, banned, 401]);
    }
    await cast.owner.chat.banUser({ roomId: room(), userId: cast.other.id });
    expect(await statusOf(getFile(app, cast.other, id))).toBe(banned);
    await cast.owner.chat.unbanUser({ roomId: room(), userId: cast.other.id });
  });

  test("in a direct conversation: its two users alone", async () => {
    await cast.member.chat.sendDirectMessage({ recipientId: cast.other.id, content: "hello" });
    const { conversations } = await cast.member.chat.listConversations({});
    const { id } = await upload(app, cast.member, "words");
    await sendFiles(cast.member, conversations[0]?.roomId ?? "", [{ id } as UploadAnswer]);
    const statuses = [cast.member, cast.other, cast.root, cast.stranger].map((who) => statusOf(getFile(app, who, id)));
    expect(await Promise.all(statuses)).toEqual([200, 200, 404, 404]);
    const { conversations: now } = await cast.other.chat.listConversations({});
    expect(now[0]?.lastMessage?.attachments[0]?.id).toBe(id);
  });

  test("with the first words to somebody, or instead of them: the two of the conversation alone", async () => {
    const { id } = await upload(app, cast.stranger, await picture(20, 20));
    const draft = { recipientId: cast.muted.id, content: "", attachmentIds: [id], requestId: "first-picture" };
    const first = await cast.stranger.chat.sendDirectMessage(draft);
    expect(first.message).toMatchObject({ content: "", type: MessageType.IMAGE, attachments: [{ id }] });
    expect(await cast.stranger.chat.sendDirectMessage(draft)).toEqual(first);
    expect(await reasonOf(cast.stranger.chat.sendDirectMessage({ ...draft, requestId: "" }))).toBe(
      "ATTACHMENT_NOT_FOUND",
    );
    const empty = { recipientId: cast.muted.id, content: "" };
    expect(await reasonOf(cast.stranger.chat.sendDirectMessage(empty))).toBe("INVALID_FIELD");
    const statuses = [cast.stranger, cast.muted, cast.root, cast.other].map((who) => statusOf(getFile(app, who, id)));
    expect(await Promise.all(statuses)).toEqual([200, 200, 404, 404]);
  });

  test("by a token in the address, in parts, and not again when it is known", async () => {
    const { id } = await upload(app, cast.member, "0123456789");
    const byAddress = await getFile(app, undefined, `${id}?token=${cast.member.accessToken}`, { range: "bytes=2-4" });
    expect(byAddress.status).toBe(206);
    expect(byAddress.headers.get("content-range")).toBe("bytes 2-4/10");
    expect(byAddress.headers.get("access-control-allow-origin")).toBe("*");
    expect(await byAddress.text()).toBe("234");
    const etag = byAddress.headers.get("etag") ?? "";
    expect(await statusOf(getFile(app, cast.member, id, { "if-none-match": etag }))).toBe(304);
    expect(await statusOf(getFile(app, cast.member, id, { range: "bytes=10-" }))).toBe(416);
    const head = await fetch(`${app.gateway}/files/${id}?token=${cast.member.accessToken}`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, "10"]);
    expect(await statusOf(getFile(app, cast.member, "not-an-id"))).toBe(404);
    const asked = await fetch(`${app.gateway}/files`, { method: "OPTIONS", headers: { origin: "https://elsewhere" } });
    expect(asked.headers.get("access-control-allow-methods")).toBe("POST");
  });
});

test("what no message comes for is removed after six hours, and nothing else", async () => {
  const waiting = await upload(app, cast.owner, await picture(20, 20));
  const used = await upload(app, cast.owner, "words");
  await sendFiles(cast.owner, publicRoom, [used]);
  clock.advance(6 * 60 * 60 * 1000 + 1);
  const keys = (id: string) => keptFiles(app).then((all) => all.filter((key) => key.includes(id)));
  await expect.poll(() => keys(waiting.id), patience).toEqual([]);
  expect(await keys(used.id)).toHaveLength(1);
});

test("a file that cannot be removed holds up no other, and is tried again", async () => {
  const late = await person(app, "late");
  const [stuck, other] = [await upload(app, late, "stuck"), await upload(app, late, "other")];
  const path = (await keptFiles(app)).find((key) => key.includes(stuck.id)) ?? "";
  const place = join(app.dataDir, "files", path);
  await rm(place);
  await mkdir(join(place, "in the way"), { recursive: true });
  clock.advance(6 * 60 * 60 * 1000 + 1);
  const { read } = app.app.platform.database.withTables<ChatTables>("chat");
  const rows = async () => {
    const found = await read
      .selectFrom("chat_attachments")
      .select("id")
      .where("id", "in", [stuck.id, other.id])
      .execute();
    return found.map(({ id }) => id);
  };
  await expect.poll(rows, patience).toEqual([stuck.id]);
  await rm(place, { recursive: true });
  clock.advance(limits.files.removalRetryMs);
  await expect.poll(rows, patience).toEqual([]);
});
