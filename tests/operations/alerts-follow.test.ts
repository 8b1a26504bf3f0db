import { connect } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { test } from "vitest";
import { SubscribeToChatEventsRequestSchema } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { startApp } from "../kit/app.ts";
import { person } from "../kit/people.ts";
import { expectAlerts, startPrometheus, withoutPrometheus } from "../kit/prometheus.ts";

test.skipIf(withoutPrometheus)("a follower that does not read raises alerts: behind, and then closed", async () => {
  await using app = await startApp();
  const alice = await person(app, "alice");
  await using prometheus = await startPrometheus([app.gateway]);
  const { room } = await alice.chat.createRoom({ name: "b", type: RoomType.PUBLIC });
  const roomId = room?.id ?? "";
  const session = connect(app.gateway);
  const follower = session.request({
    ":method": "POST",
    ":path": "/veza.chat.v1.ChatService/SubscribeToChatEvents",
    "content-type": "application/grpc",
    te: "trailers",
    authorization: `Bearer ${alice.accessToken}`,
  });
  const body = toBinary(
    SubscribeToChatEventsRequestSchema,
    create(SubscribeToChatEventsRequestSchema, { roomIds: [roomId] }),
  );
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(body.length, 1);
  follower.end(Buffer.concat([prefix, body]));
  await new Promise((resolve) => follower.once("response", resolve));
  // Up to date once, and then never read again.
  await new Promise((resolve) => follower.once("data", resolve));
  follower.pause();

  let stop = false;
  const sending = Array.from({ length: 64 }, async () => {
    for (let sent = 0; sent < 200 && !stop; sent += 1)
      await alice.chat.sendMessage({ roomId, content: "x".repeat(100) });
  });
  await expectAlerts(prometheus, ["VezaFollowersBehind", "VezaFollowersClosed"]);
  stop = true;
  await Promise.all(sending);
  session.destroy();
});
