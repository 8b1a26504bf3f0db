import { create, toBinary } from "@bufbuild/protobuf";
import {
  SendMessageRequestSchema,
  SubscribeToChatEventsRequestSchema,
} from "../../gen/veza/chat/v1/chat_service_pb.ts";
import { type Person, person } from "../../tests/kit/people.ts";
import { type Child, startChild } from "./child.ts";
import { said } from "./stream-call.ts";
import { framed } from "./unary-call.ts";

/** Veza itself, whole, in a process of its own, with people who are signed in. */
export interface OwnApp {
  readonly child: Child;
  readonly chatPort: number;
  readonly people: readonly Person[];
  /** Makes an open room that the first so many people are in; everybody when not said. */
  room(name: string, members?: number): Promise<string>;
}

/** Streams that one person may have open: fewer than the service allows. */
export const streamsEach = 60;

export async function startOwnApp(
  stack: AsyncDisposableStack,
  options: { people: number; env?: Record<string, string>; nodeOptions?: readonly string[] },
): Promise<OwnApp> {
  const child = await startChild("veza", "own-app.ts", options.env, options.nodeOptions);
  stack.defer(() => child.end());
  const gateway = String(child.ready.gateway);
  const people: Person[] = [];
  for (let i = 0; i < options.people; i += 1) people.push(await person({ gateway }, `bench${i}`));
  const [owner] = people;
  if (owner === undefined) throw new Error("nobody to make rooms");
  return {
    child,
    chatPort: child.ready.port,
    people,
    async room(name, members = people.length) {
      const { room } = await owner.chat.createRoom({ name });
      if (room === undefined) throw new Error("CreateRoom answered without a room");
      for (const member of people.slice(1, members)) await member.chat.joinRoom({ roomId: room.id });
      return room.id;
    },
  };
}

export function sendBody(roomId: string, requestId = ""): Buffer {
  return framed(
    toBinary(SendMessageRequestSchema, create(SendMessageRequestSchema, { roomId, content: said, requestId })),
  );
}

export function subscribeBody(roomId: string, afterSequence?: bigint): Buffer {
  const cursors = afterSequence === undefined ? [] : [{ roomId, afterSequence }];
  return framed(
    toBinary(
      SubscribeToChatEventsRequestSchema,
      create(SubscribeToChatEventsRequestSchema, { roomIds: [roomId], cursors }),
    ),
  );
}
