import { expect, test } from "vitest";
import { StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import { startParts, untilHealthy } from "../kit/parts.ts";
import { clientsOf, type Person, person } from "../kit/people.ts";
import { scrape } from "../kit/scrape.ts";

test("one process of each part: what one says on the bus is heard by the others", async () => {
  await using parts = await startParts();
  await untilHealthy(parts);
  const [chat, stream] = [parts.chats[0]?.url ?? "", parts.streams[0]?.url ?? ""];
  const heard = async (at: string, subject: string) =>
    (await scrape(at)).value("veza_bus_received_total", { subject }) ?? 0;
  // Who has found the bus of the gateway says that something may have been missed before.
  for (const at of [chat, stream])
    await expect
      .poll(async () => (await scrape(at)).value("veza_bus_gaps_total"), { timeout: 20_000 })
      .toBeGreaterThan(0);

  const [owner, guest] = [await person(parts, "owner"), await person(parts, "guest")];
  const { stream: made } = await owner.stream.createStream({ title: "ours", visibility: StreamVisibility.PRIVATE });
  const roomId = made?.roomId ?? "";
  const { invite } = await owner.chat.createInvite({ roomId });
  await guest.chat.joinRoom({ roomId, inviteCode: invite?.code ?? "" });
  const following = follow(guest, made?.id ?? "");
  await expect.poll(() => following.frames).toEqual(["hello"]);
  // Chat tells stream who is in the room no more.
  await owner.chat.kickUser({ roomId, userId: guest.id });
  await following.ended;
  expect(following.frames).toEqual(["hello", "closing"]);
  expect(await heard(stream, "chat.user")).toBeGreaterThan(0);

  // Auth tells both whose session is over.
  await guest.auth.logout({});
  for (const at of [chat, stream]) await expect.poll(() => heard(at, "auth.revoked")).toBeGreaterThan(0);
  await expect(clientsOf(chat, guest.accessToken).chat.listRooms({})).rejects.toThrow(/unauthenticated/);
});

function follow(who: Person, streamId: string) {
  const frames: string[] = [];
  const ended = (async () => {
    for await (const { frame } of who.stream.subscribeToStreamEvents({ streamId })) frames.push(frame.case ?? "");
  })();
  return { frames, ended };
}
