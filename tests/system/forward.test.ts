import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ServerReflection } from "#gen/grpc/reflection/v1/reflection_pb.ts";
import { AuthPeerService } from "#gen/veza/internal/v1/auth_peer_service_pb.ts";
import { BusRelayService } from "#gen/veza/internal/v1/bus_relay_service_pb.ts";
import { failureOf } from "../kit/failures.ts";
import { type Parts, startParts, untilHealthy } from "../kit/parts.ts";
import { clientsOf, type Person, type Protocol, password, person, transportTo } from "../kit/people.ts";

const protocols: readonly Protocol[] = ["grpc", "grpc-web", "connect"];

describe("parts as processes of their own", () => {
  let parts: Parts;
  let alice: Person;
  beforeAll(async () => {
    // The tests are a proxy in front, whose word about its callers is believed.
    parts = await startParts({ env: { VEZA_TRUSTED_PROXIES: "127.0.0.1" } });
    await untilHealthy(parts);
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

  test("a session that ends is over in every part within a second", async () => {
    const { auth } = clientsOf(parts.gateway);
    const { tokens } = await auth.login({ login: "alice", password });
    const { chat, auth: own } = clientsOf(parts.gateway, tokens?.accessToken);
    const frames = chat.subscribeToChatEvents({})[Symbol.asyncIterator]();
    await frames.next();
    const ended = (async () => {
      for (let next = await frames.next(); next.done !== true; next = await frames.next());
    })().catch(() => undefined);
    await own.logout({});
    await Promise.race([ended, pause(1000).then(() => expect.unreachable("the stream goes on"))]);
    expect(await failureOf(chat.listRooms({}))).toEqual({ code: "Unauthenticated", reason: "TOKEN_REVOKED" });
  });

  test("a part knows who calls, as the gateway knows it, and believes nobody else", async () => {
    const [chat] = parts.chats;
    const from = async (url: string, headers: Record<string, string>) => {
      const requestId = crypto.randomUUID();
      await clientsOf(url, alice.accessToken).chat.listRooms(
        {},
        { headers: { ...headers, "x-request-id": requestId } },
      );
      const isLine = (line: string) => line.includes(requestId);
      while (chat?.lines.some(isLine) === false) await pause(10);
      return (JSON.parse(chat?.lines.find(isLine) ?? "{}") as { peer?: string }).peer;
    };
    const forwardedFor = { "x-forwarded-for": "198.51.100.1, 203.0.113.7" };
    expect(await from(parts.gateway, forwardedFor)).toBe("203.0.113.7");
    expect(await from(parts.gateway, { "veza-forwarded": "token 203.0.113.9" })).toBe("127.0.0.1");
    expect(await from(chat?.url ?? "", { "veza-forwarded": "token 203.0.113.9" })).toBe("127.0.0.1");
  });

  test("what parts ask each other is for nobody else, and reflection does not tell of it", async () => {
    const [chat] = parts.chats;
    for (const url of [parts.gateway, chat?.url ?? ""]) {
      const transport = transportTo(url, "grpc", alice.accessToken);
      const relay = createClient(BusRelayService, transport);
      expect(await failureOf(relay.publish({ subject: "auth.revoked" }))).toMatchObject({ code: "Unauthenticated" });
      const peer = createClient(AuthPeerService, transport);
      expect((await failureOf(peer.getAccounts({ userIds: [alice.id] }))).code).toMatch(
        /Unauthenticated|Unimplemented/,
      );
      const reflection = createClient(ServerReflection, transport);
      const asked = (async function* () {
        yield { messageRequest: { case: "listServices" as const, value: "" } };
      })();
      for await (const { messageResponse } of reflection.serverReflectionInfo(asked)) {
        const names = messageResponse.case === "listServicesResponse" ? messageResponse.value.service : [];
        expect(names.map(({ name }) => name)).toContain("veza.chat.v1.ChatService");
        expect(names.filter(({ name }) => name.includes("internal"))).toEqual([]);
      }
    }
  });
});
