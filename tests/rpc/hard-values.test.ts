import { type DescMessage, type JsonObject, ScalarType } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AuthService } from "#gen/veza/auth/v1/auth_service_pb.ts";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { outcome } from "../kit/failures.ts";
import { type Person, person } from "../kit/people.ts";

// Values that databases take differently: whichever it is, the answer is a clear one, and never "internal error".

let app: TestApp;
let ada: Person;
let roomId: string;

beforeAll(async () => {
  app = await startApp();
  ada = await person(app, "ada");
  roomId = (await ada.chat.createRoom({ name: "a room" })).room?.id ?? "";
});
afterAll(() => app[Symbol.asyncDispose]());

test.each(["9223372036854775807", "9007199254740993", "-1", "-9223372036854775808"])(
  "nobody has the user id %s",
  async (userId) => {
    const { chat, auth } = ada;
    const codes = [];
    for (const call of [
      () => auth.getUserInfo({ userId }),
      () => chat.blockUser({ userId }),
      () => chat.kickUser({ roomId, userId }),
      () => chat.setMemberRole({ roomId, userId, role: 2 }),
      () => chat.sendDirectMessage({ recipientId: userId, content: "hello" }),
      () => chat.getDirectMessages({ otherUserId: userId, limit: 10 }),
      () => chat.getUserActivity({ userId }),
      () => chat.checkAccess({ roomId, userId }),
    ]) {
      const ended = await outcome(call());
      codes.push(ended === "ok" ? "ok" : ended.code);
    }
    expect(codes).not.toContain("Internal");
    expect(codes).not.toContain("Unavailable");
  },
);

/** Every text field of a message, as the JSON in which only it says something. */
function* textFields(schema: DescMessage, depth = 0): Iterable<{ path: string; json: (text: string) => JsonObject }> {
  for (const field of schema.fields) {
    const { name, jsonName } = field;
    const isText = field.fieldKind !== "message" && "scalar" in field && field.scalar === ScalarType.STRING;
    if (field.fieldKind === "list") {
      if (isText) yield { path: `${name}[1]`, json: (text) => ({ [jsonName]: ["a", text] }) };
    } else if (field.fieldKind === "map") {
      if (field.mapKey === ScalarType.STRING) yield { path: name, json: (text) => ({ [jsonName]: { [text]: "a" } }) };
    } else if (isText) {
      yield { path: name, json: (text) => ({ [jsonName]: text }) };
    } else if (field.fieldKind === "message" && depth < 2 && !field.message.typeName.startsWith("google.")) {
      for (const inner of textFields(field.message, depth + 1)) {
        yield { path: `${name}.${inner.path}`, json: (text) => ({ [jsonName]: inner.json(text) }) };
      }
    }
  }
}

const unary = [AuthService, ChatService, StreamService].flatMap(({ typeName, methods }) =>
  methods.filter(({ methodKind }) => methodKind === "unary").map((method) => ({ typeName, method })),
);
const texts = unary.flatMap(({ typeName, method }) =>
  [...textFields(method.input)].map(({ path, json }) => ({ url: `${typeName}/${method.name}`, path, json })),
);

test.each([
  ["U+0000", "a\u0000b", (path: string) => `${path}: holds the character U+0000, which cannot be kept`],
  ["half a surrogate pair", "a\ud83d", () => "invalid UTF8"],
])("text with %s is refused in every field of every call", async (_, text, said) => {
  const headers = { "content-type": "application/json", authorization: `Bearer ${ada.accessToken}` };
  const odd: unknown[] = [];
  for (const { url, path, json } of texts) {
    const body = JSON.stringify(json(text));
    const answer = await fetch(`${app.gateway}/${url}`, { method: "POST", headers, body });
    const { code, message } = (await answer.json()) as { code?: string; message?: string };
    if (code !== "invalid_argument" || message?.endsWith(said(path)) !== true) odd.push([url, path, code, message]);
  }
  expect(odd).toEqual([]);
  expect(texts.length).toBeGreaterThan(150);
});

test("text in a stream is held to the same", async () => {
  const events = ada.chat.subscribeToChatEvents({ cursors: [{ roomId: "\u0000", afterSequence: 1n }] });
  const ended = await outcome(events[Symbol.asyncIterator]().next());
  expect(ended).toMatchObject({ code: "InvalidArgument", reason: "INVALID_FIELD" });
});

test.each([
  ["listRooms", [1e300]],
  ["listRooms", [-(2 ** 70)]],
  ["listMembers", [2 ** 62, 2 ** 70]],
  ["listMembers", [1.5, 1.5]],
])("a page token that somebody made up is refused: %s %j", async (list, keys) => {
  const first = await ada.chat.listMembers({ roomId, pageSize: 1 });
  expect(first.members).toHaveLength(1);
  const pageToken = Buffer.from(JSON.stringify([list, ...keys])).toString("base64url");
  for (const call of [
    () => ada.chat.listRooms({ pageToken }),
    () => ada.chat.listMembers({ roomId, pageToken }),
    () => ada.chat.listConversations({ pageToken }),
    () => ada.stream.listActiveStreams({ pageToken }),
    () => ada.auth.listSessions({ pageToken }),
  ]) {
    const ended = await outcome(call());
    if (ended !== "ok") expect(ended.code).toBe("InvalidArgument");
  }
});
