import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ChatEvent, ChatEventSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { type Message, MessageSchema } from "#gen/veza/chat/v1/message_pb.ts";
import { applyEvent, insert, type Messages, prepend } from "../../web/src/messages/apply-event.ts";
import { rowsOf } from "../../web/src/messages/message-rows.ts";
import { deviceOf } from "../../web/src/text/devices.ts";
import { piecesOf } from "../../web/src/text/pieces.ts";
import { dayText } from "../../web/src/text/times.ts";

test("events may overlap with what was read: the log ends up the same", () => {
  const script = fc.array(fc.record({ kind: fc.constantFrom("send", "edit", "delete"), pick: fc.nat() }), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(script, fc.nat(), fc.nat(), (steps, read, resumed) => {
      const events = playEvents(steps);
      const whole = events.reduce(applyEvent, [] as Messages);
      // Read after some events, while the stream goes on from somewhere before that.
      const readAt = events.length === 0 ? 0 : read % (events.length + 1);
      const from = Math.min(readAt, resumed % (events.length + 1));
      const shown = events.slice(from).reduce(applyEvent, events.slice(0, readAt).reduce(applyEvent, [] as Messages));
      expect(shown.map(contentOf)).toEqual(whole.map(contentOf));
    }),
  );
});

test("a message has its place by its number, and is there once", () => {
  const [a, b, c] = [1, 2, 3].map((number) => message({ id: `m${number}`, sequence: BigInt(number) })) as [
    Message,
    Message,
    Message,
  ];
  expect(insert([a, c], b)).toEqual([a, b, c]);
  expect(insert([a, b, c], b)).toEqual([a, b, c]);
  expect(prepend([c], [b, a])).toEqual([a, b, c]);
  expect(prepend([b, c], [b, a])).toEqual([a, b, c]);
});

test("reactions end up the same, whichever of their events are seen twice", () => {
  const step = fc.record({
    add: fc.boolean(),
    who: fc.constantFrom("1", "2", "3"),
    emoji: fc.constantFrom("🍅", "👍"),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.nat(), (steps, from) => {
      const truth = new Map<string, Set<string>>();
      const events = steps.map(({ add, who, emoji }) => {
        const users = truth.get(emoji) ?? new Set();
        truth.set(emoji, users);
        if (add) users.add(who);
        else users.delete(who);
        const value = { messageId: "m", emoji, userId: who };
        return event(add ? { case: "reactionAdded", value } : { case: "reactionRemoved", value });
      });
      const start: Messages = [message({ id: "m" })];
      const again = events.length === 0 ? 0 : from % events.length;
      const [after] = [...events, ...events.slice(again)].reduce(applyEvent, start);
      const seen = new Map(after?.reactions.map(({ emoji, userIds }) => [emoji, [...userIds].sort()]));
      const expected = [...truth]
        .filter(([, users]) => users.size > 0)
        .map(([emoji, users]) => [emoji, [...users].sort()] as const);
      expect(seen).toEqual(new Map(expected));
      expect(after?.reactions.every(({ count, userIds }) => count === userIds.length)).toBe(true);
    }),
  );
});

test("an edit keeps the reactions that came before it", () => {
  const before = message({ id: "m", reactions: [{ emoji: "🍅", count: 1 }] });
  const edited = message({ id: "m", content: "new" });
  const [after] = applyEvent([before], event({ case: "messageEdited", value: { message: edited } }));
  expect(after).toMatchObject({ content: "new", reactions: [{ emoji: "🍅" }] });
});

test("messages of one sender stand together unless a pause, a day or what is unread comes between", () => {
  const at = (day: number, hour: number, minute: number) => new Date(2026, 2, day, hour, minute);
  const said = (id: string, senderId: string, date: Date, sequence: number) =>
    message({ id, senderId, sequence: BigInt(sequence), createdAt: timestampFromDate(date) });
  const messages = [
    said("1", "7", at(3, 9, 0), 1),
    said("2", "7", at(3, 9, 1), 2),
    said("3", "8", at(3, 9, 2), 3),
    said("4", "8", at(3, 9, 20), 4),
    said("5", "8", at(3, 9, 21), 5),
    said("6", "8", at(4, 0, 1), 6),
  ];
  const shape = rowsOf(messages, 4n, "7").map((row) =>
    row.kind === "message" ? row.message.id + (row.opensGroup ? "+" : "") : row.kind,
  );
  expect(shape).toEqual(["day", "1+", "2", "3+", "4+", "unread", "5+", "day", "6+"]);
});

test("no line stands above one's own words", () => {
  const rows = rowsOf([message({ id: "1", senderId: "7", sequence: 5n })], 4n, "7");
  expect(rows.map(({ kind }) => kind)).toEqual(["day", "message"]);
});

test("where the line stands is known only once what was read is in sight", () => {
  const kinds = (hasOlder: boolean, first: bigint) =>
    rowsOf([message({ id: "1", senderId: "8", sequence: first })], 4n, "7", hasOlder).map(({ kind }) => kind);
  expect(kinds(true, 60n)).toEqual(["day", "message"]);
  expect(kinds(false, 60n)).toEqual(["day", "unread", "message"]);
});

test("what several answer in a row is shown above the first of them alone", () => {
  const said = (id: string, senderId: string, replyTo?: string) =>
    message({ id, senderId, sequence: BigInt(id), ...(replyTo !== undefined && { replyTo }) });
  const rows = rowsOf(
    [said("1", "8"), said("2", "7", "1"), said("3", "8", "1"), said("4", "8"), said("5", "7", "1")],
    undefined,
    "7",
  );
  expect(rows.flatMap((row) => (row.kind === "message" && row.opensQuote ? [row.message.id] : []))).toEqual(["2", "5"]);
});

test("addresses are found, and the texts together are the message", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const content = `${text} https://example.org/a?b=c ${text}`;
      expect(
        piecesOf(content)
          .map((piece) => piece.text)
          .join(""),
      ).toBe(content);
    }),
  );
  const links = (content: string) => piecesOf(content).flatMap(({ href }) => href ?? []);
  expect(links("See https://example.org/a, or http://example.org.")).toEqual([
    "https://example.org/a",
    "http://example.org",
  ]);
  expect(links("(https://example.org/wiki/Veza_(name))")).toEqual(["https://example.org/wiki/Veza_(name)"]);
  expect(links("javascript:alert(1) https:// nothing")).toEqual([]);
});

test("days are told as people say them", () => {
  const now = new Date(2026, 2, 3, 0, 30);
  expect(dayText(new Date(2026, 2, 3, 0, 5), now)).toBe("Today");
  expect(dayText(new Date(2026, 2, 2, 23, 55), now)).toBe("Yesterday");
  expect(dayText(new Date(2021, 2, 3), now)).toContain("2021");
});

test("a session's device is told in short", () => {
  expect(deviceOf("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36")).toBe(
    "Chrome on Linux",
  );
  expect(deviceOf("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0")).toBe("Firefox on Linux");
  expect(deviceOf("grpc-go/1.70")).toBe("grpc-go/1.70");
  expect(deviceOf("")).toBe("Unknown client");
});

function message(init: MessageInitShape<typeof MessageSchema>): Message {
  return create(MessageSchema, init);
}

function event(payload: MessageInitShape<typeof ChatEventSchema>["payload"] & { case: string }): ChatEvent {
  return create(ChatEventSchema, { payload });
}

const contentOf = ({ id, content, isDeleted }: Message) => ({ id, content, isDeleted });

/** A room's events in their order: sends, and edits and deletions of what was sent before. */
function playEvents(steps: readonly { kind: string; pick: number }[]): ChatEvent[] {
  const ids: string[] = [];
  const deleted = new Set<string>();
  return steps.flatMap(({ kind, pick }, index): ChatEvent[] => {
    const id = ids[pick % ids.length];
    if (kind === "send" || id === undefined) {
      ids.push(`m${index}`);
      const sent = message({ id: `m${index}`, sequence: BigInt(index + 1), content: `sent ${index}` });
      return [event({ case: "messageSent", value: { message: sent } })];
    }
    if (deleted.has(id)) return [];
    if (kind === "edit") {
      const sequence = BigInt(id.slice(1)) + 1n;
      const edited = message({ id, sequence, content: `edited ${index}`, isEdited: true });
      return [event({ case: "messageEdited", value: { message: edited } })];
    }
    deleted.add(id);
    return [event({ case: "messageDeleted", value: { messageId: id } })];
  });
}
