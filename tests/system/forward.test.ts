import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { failureOf } from "../kit/failures.ts";
import { type Parts, startParts } from "../kit/parts.ts";
import { clientsOf, type Person, type Protocol, person } from "../kit/people.ts";

const protocols: readonly Protocol[] = ["grpc", "grpc-web", "connect"];

/** What `/health` of the gateway says. */
interface Health {
  readonly status: string;
  readonly services: Readonly<Record<string, { readonly status: string; readonly latency_ms?: number }>>;
}

async function healthOf(gateway: string): Promise<Health> {
  return (await (await fetch(`${gateway}/health`)).json()) as Health;
}

/** Waits until the gateway finds everything as it should be, and answers how long that took, in milliseconds. */
async function untilHealth(gateway: string, status: string): Promise<number> {
  const startedAt = performance.now();
  while ((await healthOf(gateway)).status !== status) await pause(20);
  return performance.now() - startedAt;
}

describe("parts as processes of their own", () => {
  let parts: Parts;
  let alice: Person;
  beforeAll(async () => {
    parts = await startParts();
    await untilHealth(parts.gateway, "ok");
    alice = await person(parts, "alice");
  });
  afterAll(() => parts[Symbol.asyncDispose]());

  test.each(protocols)("the gateway passes on calls, streams and failures in %s", async (protocol) => {
    const { chat, stream } = clientsOf(parts.gateway, alice.accessToken, protocol);
    const { room } = await chat.createRoom({ name: `Room ${protocol}`, type: 1 });
    const roomId = room?.id ?? "";
    const content = "ä".repeat(1000);
    const { message } = await chat.sendMessage({ roomId, content });
    expect(message).toMatchObject({ content, senderUsername: "alice" });
    expect(await failureOf(chat.getRoomInfo({ roomId: crypto.randomUUID() }))).toEqual({
      code: "NotFound",
      reason: "ROOM_NOT_FOUND",
    });
    expect(await failureOf(clientsOf(parts.gateway, undefined, protocol).chat.listRooms({}))).toEqual({
      code: "Unauthenticated",
      reason: "UNAUTHENTICATED",
    });

    const leave = new AbortController();
    const seen: string[] = [];
    for await (const { frame } of chat.subscribeToChatEvents(
      { roomIds: [roomId], cursors: [{ roomId, afterSequence: 0n }] },
      { signal: leave.signal },
    )) {
      seen.push(frame.case === "event" ? (frame.value.payload.case ?? "") : (frame.case ?? ""));
      if (frame.case === "caughtUp") break;
    }
    leave.abort();
    expect(seen[0]).toBe("hello");
    expect(seen).toContain("messageSent");

    // Stream asks chat for the room of a stream: a part asks another.
    const { stream: made } = await stream.createStream({ title: `Stream ${protocol}` });
    const { room: streamRoom } = await chat.getRoomInfo({ roomId: made?.roomId ?? "" });
    expect(streamRoom?.name).toBe(`Stream ${protocol}`);
  });
});
