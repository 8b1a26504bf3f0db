import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ChatEventSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { type Message, MessageSchema } from "#gen/veza/chat/v1/message_pb.ts";
import { createTimeline, MOST_KEPT } from "../../web/src/messages/timeline.ts";

/** A room whose messages are numbered from 1; what the service would answer about it. */
function room(count: number) {
  const all: Message[] = [];
  const add = () => {
    const number = all.length + 1;
    const message = create(MessageSchema, { id: `m${number}`, sequence: BigInt(number), content: `${number}` });
    all.push(message);
    return message;
  };
  for (let number = 0; number < count; number++) add();
  const at = (id: string) => all.findIndex((message) => message.id === id);
  const page = async ({ limit, beforeId, afterId }: { limit: number; beforeId?: string; afterId?: string }) => {
    if (afterId !== undefined) {
      const after = all.slice(at(afterId) + 1);
      return { messages: after.slice(0, limit).toReversed(), hasMore: after.length > limit };
    }
    const before = beforeId === undefined ? all : all.slice(0, at(beforeId));
    return { messages: before.slice(-limit).toReversed(), hasMore: before.length > limit };
  };
  const one = async (id: string) => all[at(id)] as Message;
  return { all, add, source: { page, one } };
}

const sent = (message: Message) =>
  create(ChatEventSchema, {
    roomId: "r",
    sequence: message.sequence,
    payload: { case: "messageSent", value: { message } },
  });

test("whatever one does, one sees a piece of the room without holes, of bounded length", async () => {
  const steps = fc.array(
    fc.oneof(
      fc.constantFrom("older", "newer", "latest", "say").map((kind) => ({ kind, at: 0 })),
      fc.nat().map((at) => ({ kind: "show", at })),
    ),
    { maxLength: 25 },
  );
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 700 }), async (script, count) => {
      const { all, add, source } = room(count);
      const timeline = createTimeline(source);
      await timeline.reload();
      for (const { kind, at } of script) {
        if (kind === "older") await timeline.loadOlder();
        else if (kind === "newer") await timeline.loadNewer();
        else if (kind === "latest") await timeline.reload();
        else if (kind === "show") await timeline.show(`m${(at % all.length) + 1}`);
        else {
          timeline.apply(sent(add()));
          timeline.trim();
        }
        const shown = timeline.messages.peek().map(({ sequence }) => Number(sequence));
        const [first = 0] = shown;
        expect(shown, kind).toEqual(shown.map((_, index) => first + index));
        expect(shown.length).toBeLessThanOrEqual(MOST_KEPT);
        expect(timeline.hasOlder.peek(), "what is older").toBe(first > 1);
        expect(timeline.hasNewer.peek(), "what is newer").toBe(first + shown.length - 1 < all.length);
      }
    }),
    { numRuns: 60 },
  );
});

test("what happens while one reads is not lost", async () => {
  const { add, source } = room(80);
  const answers: (() => void)[] = [];
  const timeline = createTimeline({
    ...source,
    page: async (page) => {
      const answer = await source.page(page);
      await new Promise<void>((resolve) => answers.push(resolve));
      return answer;
    },
  });
  const reading = timeline.reload();
  await expect.poll(() => answers.length).toBe(1);
  timeline.apply(sent(add()));
  answers[0]?.();
  await reading;
  expect(timeline.messages.peek().at(-1)?.id).toBe("m81");
});

test("an answer is counted once, whether its event or its acknowledgement comes first", async () => {
  for (const order of ["event first", "acknowledged first"]) {
    const { source } = room(3);
    const timeline = createTimeline(source);
    await timeline.reload();
    const answer = create(MessageSchema, { id: "m4", sequence: 4n, replyTo: "m2" });
    if (order === "event first") timeline.apply(sent(answer));
    timeline.stored(answer);
    if (order !== "event first") timeline.apply(sent(answer));
    expect(timeline.messages.peek()[1]?.replyCount, order).toBe(1);
  }
});
