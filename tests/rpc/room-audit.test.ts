import { expect, test } from "vitest";
import { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import { ModerationAction } from "#gen/veza/chat/v1/moderation_pb.ts";
import { MemberRole } from "#gen/veza/chat/v1/room_pb.ts";
import { startApp } from "../kit/app.ts";
import type { Person } from "../kit/people.ts";
import { type Cast, castOf, roomOf, say } from "./chat-kit.ts";

const { CHANGE_ROOM, MODERATE_ROOM } = AuditAction;

/** All that may be done in a room by who moderates and manages it. */
async function act({ chat }: Person, { member, other }: Cast, roomId: string): Promise<void> {
  await chat.muteUser({ roomId, userId: other.id, reason: "shouting" });
  await chat.unmuteUser({ roomId, userId: other.id });
  const message = await say(member, roomId, "spam");
  await chat.moderateMessage({ messageId: message.id, action: ModerationAction.WARN, reason: "spam" });
  await chat.deleteMessage({ messageId: message.id });
  await chat.setMemberRole({ roomId, userId: other.id, role: MemberRole.MODERATOR });
  await chat.updateRoom({ roomId, topic: "quiet", description: "for all" });
  // So already: nothing is done.
  await chat.updateRoom({ roomId, topic: "quiet" });
  await chat.kickUser({ roomId, userId: member.id });
}

test("what an administrator does in a room of others is in the audit log, and nothing that members may do", async () => {
  await using app = await startApp();
  const cast = await castOf(app);
  const { root, owner, member, other } = cast;
  const [ours, theirs] = [await roomOf(cast), await roomOf(cast)];
  const { room } = await root.chat.createRoom({ name: "of the administrator" });
  const own = room?.id ?? "";
  for (const who of [member, other]) await who.chat.joinRoom({ roomId: own });
  await act(owner, cast, ours);
  await act(root, cast, own);
  await act(root, cast, theirs);

  const lines = async () => (await root.auth.listAuditLog({})).entries.reverse();
  await expect.poll(async () => (await lines()).length, { timeout: 10_000 }).toBe(7);
  const entries = await lines();
  expect(entries.map(({ action, details, targetUserId }) => [action, details, targetUserId])).toEqual([
    [MODERATE_ROOM, "mute: shouting", other.id],
    [MODERATE_ROOM, "unmute", other.id],
    [MODERATE_ROOM, "warn: spam", member.id],
    [MODERATE_ROOM, "delete", member.id],
    [MODERATE_ROOM, "role", other.id],
    [CHANGE_ROOM, "description, topic", "0"],
    [MODERATE_ROOM, "kick", member.id],
  ]);
  for (const { actorId, targetRoomId, targetStreamId } of entries) {
    expect([actorId, targetRoomId, targetStreamId]).toEqual([root.id, theirs, ""]);
  }
});
