import { create, type DescMessage, type DescMethodUnary } from "@bufbuild/protobuf";
import { ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import type { Person } from "../kit/people.ts";
import { type Cast, castOf, roomOf, say } from "./chat-kit.ts";

/**
 * Who may not know of a room learns nothing of it: every call that names it, or a message in it, ends as one that names
 * nothing. Calls are taken from the contract, so that a new one is tested as well.
 */

let app: TestApp;
let cast: Cast;
let roomId: string;
let messageId: string;

beforeAll(async () => {
  app = await startApp();
  cast = await castOf(app);
  roomId = await roomOf(cast, RoomType.PRIVATE);
  messageId = (await say(cast.owner, roomId, "nobody else hears this")).id;
  await cast.owner.chat.pinMessage({ messageId });
});
afterAll(async () => {
  await app?.[Symbol.asyncDispose]();
});

const nowhere = "01990000-0000-7000-8000-000000000000";

/** What each field holds that is neither the room nor the message. A new field with rules of its own has to be added. */
const values: Readonly<Record<string, unknown>> = {
  content: "words",
  emoji: "👍",
  reason: "because",
  query: "nobody",
  code: "code",
  role: 1,
  action: 2,
  resolution: 2,
};

const users = new Set(["user_id", "other_user_id"]);
const named = new Set(["room_id", "message_id", "reply_to", "before_id", "after_id"]);

function requestOf(schema: DescMessage, userId: string, room: string, message: string) {
  const fields = schema.fields.flatMap((field): [string, unknown][] => {
    if (field.name === "room_id") return [[field.localName, room]];
    if (named.has(field.name)) return [[field.localName, message]];
    if (users.has(field.name)) return [[field.localName, userId]];
    return field.localName in values ? [[field.localName, values[field.localName]]] : [];
  });
  return create(schema, Object.fromEntries(fields));
}

async function ending(who: Person, method: DescMethodUnary, room: string, message: string): Promise<string> {
  const call = who.chat[method.localName as keyof Person["chat"]] as (request: unknown) => Promise<unknown>;
  try {
    // What others may do is nobody's business: whoever asks asks for themselves.
    const userId = method.name === "CheckAccess" ? who.id : cast.member.id;
    await call(requestOf(method.input, userId, room, message));
    return "ok";
  } catch (error) {
    return ConnectError.from(error).message;
  }
}

const methods = ChatService.methods.filter(
  (method): method is typeof method & DescMethodUnary =>
    method.methodKind === "unary" && method.input.fields.some(({ name }) => named.has(name)),
);

describe.each(["stranger", "banned"] as const)("a %s of a private room", (role) => {
  test.each(methods.map((method) => [method.name, method] as const))("%s", async (_, method) => {
    const ended = await ending(cast[role], method, roomId, messageId);
    expect(ended).toBe(await ending(cast[role], method, nowhere, nowhere));
    expect(ended).toMatch(/^\[not_found\]|not built/);
  });
});

test("there are such calls", () => {
  expect(methods.length).toBeGreaterThan(30);
});
