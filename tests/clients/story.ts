import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestApp } from "../kit/app.ts";
import type { Json, OutsideClient, Target } from "./outside-client.ts";

const auth = "veza.auth.v1.AuthService";
const chat = "veza.chat.v1.ChatService";
const password = "correct horse battery";

/** Where a story is told: an app, and what a client has to trust to call it. */
export interface Place extends AsyncDisposable {
  readonly app: TestApp;
  readonly ca?: string;
}

/** What every client has to be able to do, told once: each client's file says only how it calls. */
export function tell(name: string, needs: { place: () => Promise<Place>; client: () => Promise<OutsideClient> }): void {
  describe(name, () => {
    let place: Place;
    let client: OutsideClient;
    let people = 0;
    beforeAll(async () => {
      client = await needs.client();
      place = await needs.place();
    });
    afterAll(async () => {
      await place?.[Symbol.asyncDispose]();
    });

    const at = (address: string, token?: string): Target => ({
      address,
      ...(place.ca === undefined ? {} : { ca: place.ca }),
      ...(token === undefined ? {} : { token }),
    });

    async function ok(target: Target, method: string, request: Json): Promise<Json> {
      const answer = await client.call(target, method, request);
      if ("failed" in answer) throw new Error(`${method} failed: ${JSON.stringify(answer.failed)}`);
      return answer.ok;
    }

    async function signedIn(): Promise<string> {
      people += 1;
      const username = `person${people}`;
      const account = { username, email: `${username}@example.org`, password };
      const { tokens } = await ok(at(place.app.gateway), `${auth}/Register`, account);
      return String((tokens as Json).accessToken);
    }

    test("makes a room, writes, reads, follows it live and resumes without loss", async () => {
      const { gateway, chat: chatPort } = place.app;
      const caller = at(gateway, await signedIn());
      const { room } = await ok(caller, `${chat}/CreateRoom`, { name: "café ☕", type: "ROOM_TYPE_PUBLIC" });
      const roomId = String((room as Json).id);
      expect(room).toMatchObject({ name: "café ☕", type: "ROOM_TYPE_PUBLIC", myRole: "MEMBER_ROLE_OWNER" });
      const send = async (content: string) => {
        const { message } = await ok(caller, `${chat}/SendMessage`, { roomId, content });
        return Number((message as Json).sequence);
      };

      const first = await send("one");
      await send("two: \u{1F3A7} \u2028 \n\"'");
      const history = await ok(caller, `${chat}/GetMessageHistory`, { roomId });
      expect((history.messages as Json[]).map(({ content }) => content)).toEqual([
        "two: \u{1F3A7} \u2028 \n\"'",
        "one",
      ]);
      const page = await ok(caller, `${chat}/GetMessageHistory`, { roomId, limit: 1 });
      expect(page).toMatchObject({ messages: [{ sequence: String(first + 1) }], hasMore: true });

      // Both ports that serve chat: what is followed on one is resumed on the other.
      const subscribe = (address: string, afterSequence: number) =>
        client.follow({ ...caller, address }, `${chat}/SubscribeToChatEvents`, {
          roomIds: [roomId],
          cursors: [{ roomId, afterSequence }],
        });
      const before = subscribe(gateway, 0);
      let live: number;
      try {
        await before.until("caughtUp", ({ sequence }) => Number(sequence) === first + 1);
        live = await send("three");
        await before.until("event", ({ sequence }) => Number(sequence) === live);
      } finally {
        await before.stop();
      }
      expect(before.frames[0]).toMatchObject({ hello: { rooms: [{ roomId, state: "RESUME_STATE_RESUMED" }] } });

      await send("four, while away");
      const away = await send("five, while away");
      const after = subscribe(chatPort, live);
      try {
        await after.until("caughtUp", ({ sequence }) => Number(sequence) === away);
        const last = await send("six");
        await after.until("event", ({ sequence }) => Number(sequence) === last);
      } finally {
        await after.stop();
      }

      const events = [...before.frames, ...after.frames].flatMap(({ event }) => (event === undefined ? [] : [event]));
      expect((events as Json[]).map(({ sequence }) => Number(sequence))).toEqual(events.map((_, index) => index + 1));
      const said = (events as { messageSent?: { message: Json } }[]).flatMap(({ messageSent }) =>
        messageSent === undefined ? [] : [messageSent.message.content],
      );
      expect(said).toEqual([
        "one",
        "two: \u{1F3A7} \u2028 \n\"'",
        "three",
        "four, while away",
        "five, while away",
        "six",
      ]);
    });

    test("sees the status of a failure, and its reason", async () => {
      const nobody = at(place.app.gateway);
      const caller = at(place.app.gateway, await signedIn());
      const roomId = "01890000-0000-7000-8000-000000000000";
      const failure = async (target: Target, method: string, request: Json) => client.call(target, method, request);

      expect(await failure(caller, `${chat}/SendMessage`, { roomId, content: "hello?" })).toEqual({
        failed: { code: "not_found", reason: "ROOM_NOT_FOUND" },
      });
      expect(await failure(caller, `${chat}/GetRoomInfo`, { roomId })).toEqual({
        failed: { code: "not_found", reason: "ROOM_NOT_FOUND" },
      });
      expect(await failure(caller, `${chat}/CreateRoom`, { name: "" })).toEqual({
        failed: { code: "invalid_argument", reason: "INVALID_FIELD" },
      });
      expect(await failure(nobody, `${chat}/CreateRoom`, { name: "mine" })).toEqual({
        failed: { code: "unauthenticated", reason: "UNAUTHENTICATED" },
      });
      // A stream that fails before its first frame.
      const refused = client.follow(caller, `${chat}/SubscribeToChatEvents`, { roomIds: [roomId] });
      try {
        await expect(refused.until("hello")).rejects.toThrow(/permission.denied/i);
      } finally {
        await refused.stop();
      }
    });

    test("finds health and reflection on every port", async () => {
      const { gateway, chat: chatPort, stream } = place.app;
      const own = {
        [gateway]: ["veza.auth.v1.AuthService", "veza.chat.v1.ChatService", "veza.stream.v1.StreamService"],
        [chatPort]: ["veza.chat.v1.ChatService"],
        [stream]: ["veza.stream.v1.StreamService"],
      };
      const everywhere = [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
      ];
      for (const [address, services] of Object.entries(own)) {
        for (const service of ["", ...services]) {
          expect(await ok(at(address), "grpc.health.v1.Health/Check", { service })).toEqual({ status: "SERVING" });
        }
        const unknown = await client.call(at(address), "grpc.health.v1.Health/Check", { service: "veza.Nothing" });
        expect(unknown).toMatchObject({ failed: { code: "not_found" } });
        for (const version of ["v1", "v1alpha"] as const) {
          const listed = await client.listServices(at(address), version);
          expect([...listed].sort()).toEqual([...everywhere, ...services].sort());
        }
      }
    });
  });
}
