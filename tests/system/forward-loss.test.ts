import { setTimeout as pause } from "node:timers/promises";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ErrorInfoSchema, RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { Health, HealthCheckResponse_ServingStatus } from "#gen/grpc/health/v1/health_pb.ts";
import { contract } from "#src/compose/forward-routes.ts";
import { failureOf } from "../kit/failures.ts";
import { type Parts, startParts, untilHealthy } from "../kit/parts.ts";
import { clientsOf, type Person, type Protocol, person, transportTo } from "../kit/people.ts";

/** A token of nobody, in the form of one. */
const strange = ['{"alg":"EdDSA","kid":"nobody"}', '{"sub":"1"}', "signature"]
  .map((part) => Buffer.from(part).toString("base64url"))
  .join(".");

const protocols: readonly Protocol[] = ["grpc", "grpc-web", "connect"];

/** How long a call took that was told that nobody is there, in milliseconds. */
async function timeToRefusal(call: Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  const error = await call.then(
    () => undefined,
    (reason: unknown) => ConnectError.from(reason),
  );
  if (error === undefined) throw new Error("the call was to fail, and did not");
  expect(Code[error.code]).toBe("Unavailable");
  expect(error.findDetails(ErrorInfoSchema)).toMatchObject([{ reason: "UNAVAILABLE" }]);
  expect(error.findDetails(RetryInfoSchema)).toHaveLength(1);
  return performance.now() - startedAt;
}

/** Of the gateway itself, then of auth, chat and stream. */
const statusesOf = (probe: Client<typeof Health>) =>
  Promise.all(
    ["", ...contract.map(({ typeName }) => typeName)].map(async (service) => (await probe.check({ service })).status),
  );

describe("parts that come and go", () => {
  let parts: Parts;
  let alice: Person;
  let roomId: string;
  beforeAll(async () => {
    parts = await startParts({ startNone: true });
    const [gateway] = parts.gateways;
    const [chat] = parts.chats;
    const [stream] = parts.streams;
    // Whoever comes first waits for nobody, and says that it can do nothing yet.
    await Promise.all([chat?.start(), stream?.start()]);
    expect((await fetch(`${chat?.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${chat?.url}/health/ready`)).status).toBe(503);
    expect(await failureOf(clientsOf(chat?.url ?? "", strange).chat.listRooms({}))).toEqual({
      code: "Unavailable",
      reason: "UNAVAILABLE",
    });
    await gateway?.start();
    await untilHealthy(parts);
    alice = await person(parts, "alice");
    const { room } = await alice.chat.createRoom({ name: "Room", type: 1 });
    roomId = room?.id ?? "";
  });
  afterAll(() => parts[Symbol.asyncDispose]());

  test("a part that is killed is answered for at once, the rest goes on, and it is taken back", async () => {
    const [chat] = parts.chats;
    await chat?.end("SIGKILL");
    for (const protocol of protocols) {
      const { chat, stream, auth } = clientsOf(parts.gateway, alice.accessToken, protocol);
      expect(await timeToRefusal(chat.getRoomInfo({ roomId }))).toBeLessThan(1000);
      expect(await timeToRefusal(chat.sendMessage({ roomId, content: "lost" }))).toBeLessThan(1000);
      const [frames] = [chat.subscribeToChatEvents({})[Symbol.asyncIterator]()];
      expect(await timeToRefusal(frames.next())).toBeLessThan(1000);
      await stream.listActiveStreams({});
      await auth.getUserInfo({});
    }
    const health = await fetch(`${parts.gateway}/health`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({
      status: "degraded",
      services: { auth: { status: "ok" }, chat: { status: "down" }, stream: { status: "ok" } },
    });
    expect((await fetch(`${parts.gateway}/health/ready`)).status).toBe(200);
    const { SERVING, NOT_SERVING } = HealthCheckResponse_ServingStatus;
    const probe = createClient(Health, transportTo(parts.gateway, "grpc"));
    expect(await statusesOf(probe)).toEqual([SERVING, SERVING, NOT_SERVING, SERVING]);
    expect((await fetch(`${parts.gateway}/files/anything`)).status).toBe(503);

    await chat?.start();
    const cameBack = performance.now();
    while (!(await alice.chat.getRoomInfo({ roomId }).catch(() => undefined))) await pause(20);
    expect(performance.now() - cameBack).toBeLessThan(2000);
    await alice.chat.sendMessage({ roomId, content: "found" });
  });

  test("a part that stops says goodbye to its followers through the gateway", async () => {
    const frames = alice.chat.subscribeToChatEvents({ roomIds: [roomId] });
    const seen: string[] = [];
    const followed = (async () => {
      for await (const { frame } of frames) {
        seen.push(frame.case ?? "");
        if (frame.case === "closing") return frame.value.resumable;
      }
      return undefined;
    })();
    while (!seen.includes("hello")) await pause(10);
    const [chat] = parts.chats;
    expect(await chat?.end("SIGTERM")).toBe(0);
    expect(await followed).toBe(true);
    await chat?.start();
    await untilHealthy(parts);
  });

  test("a part that says nothing any more is as good as down, until it speaks again", async () => {
    const [stream] = parts.streams;
    stream?.pause("SIGSTOP");
    // Longer than it may take to answer whether it is well.
    await pause(2000);
    expect(await timeToRefusal(alice.stream.listActiveStreams({}))).toBeLessThan(1000);
    await alice.chat.getRoomInfo({ roomId });
    stream?.pause("SIGCONT");
    const cameBack = performance.now();
    while (!(await alice.stream.listActiveStreams({}).catch(() => undefined))) await pause(20);
    expect(performance.now() - cameBack).toBeLessThan(2000);
  });

  test("what is under way to a part that stands still is refused; its streams go on if it does", async () => {
    const [chat] = parts.chats;
    const leave = new AbortController();
    const frames = alice.chat.subscribeToChatEvents({ roomIds: [roomId] }, { signal: leave.signal });
    const said: string[] = [];
    const followed = (async () => {
      for await (const { frame } of frames) {
        if (frame.case === "event" && frame.value.payload.case === "messageSent")
          said.push(frame.value.payload.value.message?.content ?? "");
        else said.push(frame.case ?? "");
      }
    })().catch((error: unknown) => ConnectError.from(error).code);
    while (!said.includes("caughtUp")) await pause(10);
    chat?.pause("SIGSTOP");
    for (const protocol of protocols) {
      const { chat } = clientsOf(parts.gateway, alice.accessToken, protocol);
      // At first while nobody knows, then when it is known. A second is promised; what is more is for a busy machine.
      const took = await Promise.all([
        timeToRefusal(chat.getRoomInfo({ roomId })),
        timeToRefusal(chat.sendMessage({ roomId, content: "not now" })),
        timeToRefusal(chat.subscribeToChatEvents({})[Symbol.asyncIterator]().next()),
      ]);
      console.log(`refused over ${protocol} after ${took.map(Math.round)} ms`);
      expect(Math.max(...took)).toBeLessThan(2000);
    }
    chat?.pause("SIGCONT");
    while (!(await alice.chat.getRoomInfo({ roomId }).catch(() => undefined))) await pause(20);
    await alice.chat.sendMessage({ roomId, content: "awake" });
    while (!said.includes("awake")) await pause(10);
    leave.abort();
    expect(await followed).toBe(Code.Canceled);
  });

  test("without auth, parts go on for those whom they know, and know newcomers when it is back", async () => {
    const [gateway] = parts.gateways;
    const [chat] = parts.chats;
    const direct = clientsOf(chat?.url ?? "", alice.accessToken);
    await direct.chat.getRoomInfo({ roomId });
    await gateway?.end("SIGKILL");
    await direct.chat.sendMessage({ roomId, content: "still here" });
    await gateway?.start();
    await untilHealthy(parts);
    const bob = await person(parts, "bob");
    await bob.chat.joinRoom({ roomId });
    const { messages } = await bob.chat.getMessageHistory({ roomId, limit: 1 });
    expect(messages[0]?.content).toBe("still here");
  });
});
