import { Code, ConnectError, createClient, createRouterTransport, type Transport } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { overSeveral } from "#src/client/index.ts";

/** A gateway that says who it is, or fails as told. */
function gateway(name: string) {
  const it = { calls: 0, failure: undefined as ConnectError | undefined };
  const transport: Transport = createRouterTransport(({ service }) => {
    service(ChatService, {
      getRoomInfo() {
        it.calls += 1;
        if (it.failure !== undefined) throw it.failure;
        return { room: { name } };
      },
      async *subscribeToChatEvents() {
        yield { frame: { case: "heartbeat", value: {} } };
        if (it.failure !== undefined) throw it.failure;
      },
    });
  });
  return { it, transport };
}

const gone = () => new ConnectError("connect ECONNREFUSED", Code.Unavailable);
const partDown = () =>
  new ConnectError("chat cannot be reached", Code.Unavailable, undefined, [
    { desc: ErrorInfoSchema, value: { reason: "UNAVAILABLE", domain: "veza" } },
  ]);

test("calls stay with one gateway, and go to the next once it cannot be reached", async () => {
  const [one, other] = [gateway("one"), gateway("other")];
  const chat = createClient(ChatService, overSeveral([one.transport, other.transport]));
  const ask = async () => (await chat.getRoomInfo({})).room?.name;
  expect([await ask(), await ask()]).toEqual(["one", "one"]);

  one.it.failure = gone();
  // Two that are on their way at once move on once, not twice.
  await Promise.all([expect(ask()).rejects.toThrow(), expect(ask()).rejects.toThrow()]);
  expect([await ask(), await ask()]).toEqual(["other", "other"]);
  other.it.failure = gone();
  await expect(ask()).rejects.toThrow();
  one.it.failure = undefined;
  expect(await ask()).toBe("one");
});

test("what a gateway says itself is no reason to leave it", async () => {
  const [one, other] = [gateway("one"), gateway("other")];
  const chat = createClient(ChatService, overSeveral([one.transport, other.transport]));
  for (const failure of [partDown(), new ConnectError("no such room", Code.NotFound)]) {
    one.it.failure = failure;
    await expect(chat.getRoomInfo({})).rejects.toThrow();
  }
  one.it.failure = undefined;
  expect((await chat.getRoomInfo({})).room?.name).toBe("one");
});

test("a stream that is cut takes what comes after it to the next", async () => {
  const [one, other] = [gateway("one"), gateway("other")];
  const chat = createClient(ChatService, overSeveral([one.transport, other.transport]));
  one.it.failure = gone();
  const frames: string[] = [];
  const following = (async () => {
    for await (const { frame } of chat.subscribeToChatEvents({})) frames.push(frame.case ?? "");
  })();
  await expect(following).rejects.toThrow();
  expect(frames).toEqual(["heartbeat"]);
  expect((await chat.getRoomInfo({})).room?.name).toBe("other");
});
