import { toJson } from "@bufbuild/protobuf";
import { type Client, ConnectError } from "@connectrpc/connect";
import { type Context, Hono } from "hono";
import type { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { MessageSchema } from "#gen/veza/chat/v1/message_pb.ts";
import { RoomSchema, RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { type Stream, StreamSchema, StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import type { ListenResponse, StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { createAllowances } from "../platform/access/allowances.ts";
import type { Clock } from "../platform/clock.ts";
import type { Config } from "../platform/config.ts";
import { limits } from "../platform/limits.ts";

/** The services as the built-in user sees them. */
export interface TestServices {
  readonly chat: Client<typeof ChatService>;
  readonly stream: Client<typeof StreamService>;
  /** Some sound to broadcast: packets of Opus of 20 ms, at most 500. */
  readonly sound: () => readonly Uint8Array[];
}

interface Step {
  readonly step: string;
  readonly ms: number;
}

/** Longer names are refused by the service itself; this bounds what is read before that. */
const bodyBytes = 16 * 1024;

/** How long sound may take to come back. */
const soundMs = 10_000;

interface Trip {
  readonly steps: readonly Step[];
  timed<Result>(step: string, work: () => Promise<Result>): Promise<Result>;
}

function newTrip(): Trip {
  const steps: Step[] = [];
  return {
    steps,
    async timed(step, work) {
      const startedAt = performance.now();
      const result = await work();
      steps.push({ step, ms: Math.round((performance.now() - startedAt) * 1000) / 1000 });
      return result;
    },
  };
}

/** A real round trip through a service, for whoever has just installed it and wants to see that it works. */
export function testEndpoints(needs: { testServices: TestServices; clock: Clock; config: Config }): Hono {
  const allowances = createAllowances({ clock: needs.clock, allowance: limits.rates.test });
  const { chat, stream, sound } = needs.testServices;

  async function answer(
    context: Context,
    key: string,
    example: string,
    make: (value: string, timed: Trip["timed"]) => Promise<object>,
  ): Promise<Response> {
    const wait = needs.config.rateLimit ? allowances.take("everybody") : 0;
    if (wait > 0) {
      context.header("retry-after", String(Math.ceil(wait / 1000)));
      return context.json({ error: "too many tests at once: try again a little later" }, 429);
    }
    const value = await readName(context.req.raw, key);
    if (value === undefined) return context.json({ error: `send JSON like {"${key}": "${example}"}` }, 400);
    const { steps, timed } = newTrip();
    try {
      return context.json({ ...(await make(value, timed)), steps });
    } catch (error) {
      const failure = ConnectError.from(error);
      return context.json({ error: failure.rawMessage, steps }, failure.code === 3 ? 400 : 503);
    }
  }

  return new Hono()
    .post("/chat", (context) =>
      answer(context, "name", "Test Room", async (name, timed) => {
        const { room } = await timed("CreateRoom", () => chat.createRoom({ name, type: RoomType.PRIVATE }));
        if (room === undefined) throw new Error("CreateRoom answered without a room");
        const { message } = await timed("SendMessage", () =>
          chat.sendMessage({ roomId: room.id, content: "It works." }),
        );
        const { messages } = await timed("GetMessageHistory", () => chat.getMessageHistory({ roomId: room.id }));
        if (message === undefined || messages[0]?.id !== message.id)
          throw new Error("the message that was sent is not in the history");
        return { room: toJson(RoomSchema, room), message: toJson(MessageSchema, message) };
      }),
    )
    .post("/stream", (context) =>
      answer(context, "title", "Test Stream", async (title, timed) => {
        const visibility = StreamVisibility.PRIVATE;
        const { stream: made } = await timed("CreateStream", () => stream.createStream({ title, visibility }));
        if (made === undefined) throw new Error("CreateStream answered without a stream");
        const streamId = made.id;
        try {
          await timed("StartStream", () => stream.startStream({ streamId }));
          const heard = await broadcast(made, timed);
          await timed("StopStream", () => stream.stopStream({ streamId }));
          await timed("DeleteStream", () => stream.deleteStream({ streamId }));
          return { stream: toJson(StreamSchema, made), heard };
        } catch (error) {
          await stream.stopStream({ streamId }).catch(() => undefined);
          await stream.deleteStream({ streamId }).catch(() => undefined);
          throw error;
        }
      }),
    );

  /** Sends the sound while somebody listens. Answers what came back first, and after how long. */
  async function broadcast({ id: streamId }: Stream, timed: Trip["timed"]) {
    const leave = new AbortController();
    const signal = AbortSignal.any([leave.signal, AbortSignal.timeout(soundMs)]);
    try {
      const frames = stream.listen({ streamId }, { signal })[Symbol.asyncIterator]();
      await timed("Listen", () => nextOf(frames, (frame) => (frame.case === "opened" ? frame.value : undefined)));
      const sentAt = performance.now();
      const packets = sound().map((data, at) => ({ sequence: BigInt(at), data }));
      await timed("PublishChunk", () =>
        stream.publishChunk({ streamId, publishId: crypto.randomUUID(), packets }, { signal }),
      );
      const heard = await timed("first packets", () =>
        nextOf(frames, (frame) => (frame.case === "packets" ? frame.value : undefined)),
      );
      return {
        packets: heard.packets.length,
        bytes: heard.packets.reduce((sum, { data }) => sum + data.length, 0),
        ms: heard.packets.reduce((sum, { duration }) => sum + duration, 0) / 48,
        afterMs: Math.round((performance.now() - sentAt) * 1000) / 1000,
      };
    } finally {
      leave.abort();
    }
  }
}

/** What is picked of the next frame that has it. Rejects when there is none. */
async function nextOf<Picked>(
  frames: AsyncIterator<ListenResponse>,
  pick: (frame: ListenResponse["frame"]) => Picked | undefined,
): Promise<Picked> {
  for (let each = await frames.next(); each.done !== true; each = await frames.next()) {
    const picked = pick(each.value.frame);
    if (picked !== undefined) return picked;
  }
  throw new Error("Listen ended too soon");
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
