import { afterAll, beforeAll, expect, test } from "vitest";
import { ModerationAction, ReportResolution } from "#gen/veza/chat/v1/moderation_pb.ts";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import type { ChatTables } from "#src/chat/tables.ts";
import { newId } from "#src/platform/ids.ts";
import { limits } from "#src/platform/limits.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { type Cast, castOf, type Role, reasonOf, roomOf, say } from "./chat-kit.ts";

let app: TestApp;
let cast: Cast;

beforeAll(async () => {
  app = await startApp();
  cast = await castOf(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const reasons = async (call: (role: Role) => Promise<unknown>) => {
  const roles = ["root", "owner", "moderator", "member", "muted", "banned", "stranger"] as const;
  return Object.fromEntries(await Promise.all(roles.map(async (role) => [role, await reasonOf(call(role))])));
};

test.each([
  [RoomType.PUBLIC, "NOT_A_MEMBER", "BANNED", "NOT_A_MEMBER"],
  [RoomType.PRIVATE, "MESSAGE_NOT_FOUND", "MESSAGE_NOT_FOUND", "ROOM_NOT_FOUND"],
])("members report, moderators look and decide: room type %i", async (type, strangers, banned, listing) => {
  const roomId = await roomOf(cast, type);
  const { id: messageId } = await say(cast.other, roomId, "spam");
  const bannedListing = listing === "NOT_A_MEMBER" ? "BANNED" : listing;
  expect(await reasons((role) => cast[role].chat.reportMessage({ messageId, reason: "is spam" }))).toEqual({
    root: "NOT_A_MEMBER",
    owner: "ok",
    moderator: "ok",
    member: "ok",
    muted: "ok",
    banned,
    stranger: strangers,
  });
  expect(await reasons((role) => cast[role].chat.listReports({ roomId }))).toEqual({
    root: "ok",
    owner: "ok",
    moderator: "ok",
    member: "ROLE_TOO_LOW",
    muted: "ROLE_TOO_LOW",
    banned: bannedListing,
    stranger: listing,
  });
  const { reports } = await cast.moderator.chat.listReports({ roomId });
  const reportId = reports[0]?.id ?? "";
  const resolution = ReportResolution.ACTED;
  const resolving = await reasons((role) =>
    ["root", "owner", "moderator"].includes(role)
      ? Promise.resolve()
      : cast[role].chat.resolveReport({ reportId, resolution }),
  );
  expect(resolving).toMatchObject({
    member: "ROLE_TOO_LOW",
    banned: type === RoomType.PRIVATE ? "REPORT_NOT_FOUND" : "BANNED",
    stranger: type === RoomType.PRIVATE ? "REPORT_NOT_FOUND" : "NOT_A_MEMBER",
  });
});

test("a report counts once, shows the message as it is now, and ends once", async () => {
  const roomId = await roomOf(cast);
  const message = await say(cast.other, roomId, "spam");
  const { reportId } = await cast.member.chat.reportMessage({ messageId: message.id, reason: "first" });
  expect((await cast.member.chat.reportMessage({ messageId: message.id, reason: "again" })).reportId).toBe(reportId);
  await cast.moderator.chat.moderateMessage({ messageId: message.id, action: ModerationAction.FLAG, reason: "look" });
  await cast.other.chat.editMessage({ messageId: message.id, content: "no spam" });

  const first = await cast.owner.chat.listReports({ roomId, pageSize: 1 });
  const second = await cast.owner.chat.listReports({ roomId, pageSize: 1, pageToken: first.nextPageToken });
  const [mine, flag] = [...first.reports, ...second.reports];
  expect(second.nextPageToken).toBe("");
  expect(mine).toMatchObject({ id: reportId, roomId, reportedBy: cast.member.id, reason: "first", resolvedBy: "0" });
  expect(mine?.message?.content).toBe("no spam");
  expect(flag).toMatchObject({ reportedBy: cast.moderator.id, reason: "look" });

  const { report } = await cast.moderator.chat.resolveReport({ reportId, resolution: ReportResolution.DISMISSED });
  expect(report).toMatchObject({ resolution: ReportResolution.DISMISSED, resolvedBy: cast.moderator.id });
  const again = await cast.owner.chat.resolveReport({ reportId, resolution: ReportResolution.ACTED });
  expect(again.report).toEqual(report);
  const { reports } = await cast.owner.chat.listReports({ roomId });
  expect(reports.map(({ id }) => id)).toEqual([flag?.id]);
  const { entries } = await cast.owner.chat.listModerationLog({ roomId });
  expect(entries.filter(({ action }) => action === "resolve")).toMatchObject([
    { actorId: cast.moderator.id, targetUserId: cast.other.id, targetMessageId: message.id, reason: "dismissed" },
  ]);
  const anew = await cast.member.chat.reportMessage({ messageId: message.id, reason: "still" });
  expect(anew.reportId).not.toBe(reportId);
});

test("what is gone cannot be reported, nor what only two people can read", async () => {
  const roomId = await roomOf(cast);
  const message = await say(cast.other, roomId, "spam");
  await cast.other.chat.deleteMessage({ messageId: message.id });
  const report = (messageId: string) => reasonOf(cast.member.chat.reportMessage({ messageId, reason: "spam" }));
  expect(await report(message.id)).toBe("MESSAGE_DELETED");
  expect(await report("01990000-0000-7000-8000-000000000000")).toBe("MESSAGE_NOT_FOUND");
  const direct = await cast.other.chat.sendDirectMessage({ recipientId: cast.member.id, content: "psst" });
  expect(await report(direct.message?.id ?? "")).toBe("DIRECT_ROOM");
  const reportId = "01990000-0000-7000-8000-000000000000";
  expect(await reasonOf(cast.owner.chat.resolveReport({ reportId, resolution: ReportResolution.ACTED }))).toBe(
    "REPORT_NOT_FOUND",
  );
});

/** Adds open reports that nobody wrote. */
async function openReports(
  count: number,
  of: { roomId: string; messageId: string; reportedBy: number },
): Promise<void> {
  const database = app.app.platform.database.withTables<ChatTables>("chat");
  await database.write(async (tx) => {
    for (let n = 0; n < count; n += 500) {
      const rows = Array.from({ length: Math.min(500, count - n) }, () => ({
        id: newId() as string,
        room_id: of.roomId,
        message_id: of.messageId,
        reported_by: of.reportedBy,
        reason: "",
        created_at: 0,
        resolution: 0,
        resolved_by: 0,
        resolved_at: null,
      }));
      await tx.insertInto("chat_reports").values(rows).execute();
    }
  });
}

test("reports of a person and of a room are bounded, flags of moderators too", async () => {
  const roomId = await roomOf(cast);
  const elsewhere = await roomOf(cast);
  const [one, two] = [await say(cast.other, roomId, "spam"), await say(cast.other, roomId, "more spam")];
  const { id: messageId } = await say(cast.other, roomId, "known spam");
  const flag = (messageId: string) =>
    reasonOf(cast.moderator.chat.moderateMessage({ messageId, action: ModerationAction.FLAG }));
  const report = (who: Role, messageId: string) =>
    reasonOf(cast[who].chat.reportMessage({ messageId, reason: "spam" }));

  const reportedBy = Number(cast.moderator.id);
  const open = await app.app.platform.database
    .withTables<ChatTables>("chat")
    .read.selectFrom("chat_reports")
    .select("id")
    .where("reported_by", "=", reportedBy)
    .where("resolution", "=", 0)
    .execute();
  await openReports(limits.chat.openReportsPerUser - open.length - 1, {
    roomId: elsewhere,
    messageId,
    reportedBy,
  });
  expect(await flag(one.id)).toBe("ok");
  expect(await flag(two.id)).toBe("LIMIT_REACHED");
  expect(await report("moderator", two.id)).toBe("LIMIT_REACHED");
  expect(await flag(one.id)).toBe("ok");

  await openReports(limits.chat.openReportsPerRoom - 2, { roomId, messageId, reportedBy: 0 });
  expect(await report("member", one.id)).toBe("ok");
  expect(await report("member", two.id)).toBe("LIMIT_REACHED");
  expect(await report("member", one.id)).toBe("ok");
  const { reports } = await cast.owner.chat.listReports({ roomId, pageSize: 1 });
  await cast.owner.chat.resolveReport({ reportId: reports[0]?.id ?? "", resolution: ReportResolution.DISMISSED });
  expect(await report("member", two.id)).toBe("ok");
});
