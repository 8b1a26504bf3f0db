import { toJson } from "@bufbuild/protobuf";
import { type Client, ConnectError } from "@connectrpc/connect";
import { Hono } from "hono";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { MessageSchema } from "#gen/veza/chat/v1/message_pb.ts";
import { RoomSchema, RoomType } from "#gen/veza/chat/v1/room_pb.ts";

/** The services as the built-in user sees them. */
export interface TestServices {
  readonly chat: Client<typeof ChatService>;
}

interface Step {
  readonly step: string;
  readonly ms: number;
}

/** Longer names are refused by the service itself; this bounds what is read before that. */
const bodyBytes = 16 * 1024;

/** A real round trip through a service, for whoever has just installed it and wants to see that it works. */
export function testEndpoints(needs: { testServices: TestServices }): Hono {
  const { chat } = needs.testServices;

  return new Hono().post("/chat", async (context) => {
    const name = await readName(context.req.raw, "name");
    if (name === undefined) return context.json({ error: 'send JSON like {"name": "Test Room"}' }, 400);
    const steps: Step[] = [];
    async function timed<Result>(step: string, work: () => Promise<Result>): Promise<Result> {
      const startedAt = performance.now();
      const result = await work();
      steps.push({ step, ms: Math.round((performance.now() - startedAt) * 1000) / 1000 });
      return result;
    }
    try {
      const { room } = await timed("CreateRoom", () => chat.createRoom({ name, type: RoomType.PRIVATE }));
      if (room === undefined) throw new Error("CreateRoom answered without a room");
      const { message } = await timed("SendMessage", () => chat.sendMessage({ roomId: room.id, content: "It works." }));
      const { messages } = await timed("GetMessageHistory", () => chat.getMessageHistory({ roomId: room.id }));
      if (message === undefined || messages[0]?.id !== message.id)
        throw new Error("the message that was sent is not in the history");
      return context.json({ room: toJson(RoomSchema, room), message: toJson(MessageSchema, message), steps });
    } catch (error) {
      const failure = ConnectError.from(error);
      return context.json({ error: failure.rawMessage, steps }, failure.code === 3 ? 400 : 503);
    }
  });
}

async function readName(request: Request, key: string): Promise<string | undefined> {
  try {
    const text = await readAtMost(request, bodyBytes);
    const value = (JSON.parse(text) as Record<string, unknown>)[key];
    return typeof value === "string" && value !== "" ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The body as text. Rejects as soon as it is larger, however large it would be. */
async function readAtMost(request: Request, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > maxBytes) throw new Error("the body is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
