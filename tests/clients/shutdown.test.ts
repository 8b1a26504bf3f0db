import { expect, test } from "vitest";
import { createCurl } from "./curl-client.ts";
import { createGrpcJs } from "./grpc-js-client.ts";
import type { Json, OutsideClient } from "./outside-client.ts";
import { plainPlace, tlsPlace } from "./places.ts";

const clients: readonly (readonly [string, () => Promise<OutsideClient>])[] = [
  ["grpc-js", async () => createGrpcJs()],
  ["curl over HTTP/1.1", () => createCurl("--http1.1")],
  ["curl over HTTP/2", () => createCurl("--http2")],
];
const plain = clients.filter(([name]) => name !== "curl over HTTP/2");

test.each([
  ...clients.map(([name, client]) => [`${name} and TLS`, tlsPlace, client] as const),
  ...plain.map(([name, client]) => [name, plainPlace, client] as const),
])("%s is told that the service stops, and that it may come back", async (_name, open, createClient) => {
  const client = await createClient();
  await using place = await open();
  const ca = place.ca === undefined ? {} : { ca: place.ca };
  const { gateway, chat } = place.app;
  // Signed in by a call of the same client, as ours does not know this certificate.
  const account = { username: "alice", email: "alice@example.org", password: "correct horse battery" };
  const call = async (method: string, request: Json, token?: string): Promise<Json> => {
    const target = { address: gateway, ...ca, ...(token === undefined ? {} : { token }) };
    const answer = await client.call(target, method, request);
    if ("failed" in answer) throw new Error(`${method} failed: ${JSON.stringify(answer.failed)}`);
    return answer.ok;
  };
  const { tokens } = (await call("veza.auth.v1.AuthService/Register", account)) as { tokens: { accessToken: string } };
  const token = tokens.accessToken;
  const { room } = (await call("veza.chat.v1.ChatService/CreateRoom", { name: "room" }, token)) as { room: Json };
  const streams = [gateway, chat].map((address) =>
    client.follow({ address, token, ...ca }, "veza.chat.v1.ChatService/SubscribeToChatEvents", { roomIds: [room.id] }),
  );
  try {
    await Promise.all(streams.map((stream) => stream.until("caughtUp")));
    const stopped = place.app.app.stop();
    for (const stream of streams) {
      await stream.until("closing");
      expect(stream.frames.at(-1)).toMatchObject({ closing: { reason: "CLOSE_REASON_SHUTDOWN", resumable: true } });
    }
    await stopped;
  } finally {
    await Promise.all(streams.map((stream) => stream.stop()));
  }
});
