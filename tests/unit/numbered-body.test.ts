import { create, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ChatEventSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { numberedBody, varintWidth } from "#src/chat/events/numbered-body.ts";

const encodeWith = (content: string) => (number: number) =>
  toBinary(
    ChatEventSchema,
    create(ChatEventSchema, {
      roomId: "a room",
      sequence: BigInt(number),
      payload: { case: "messageSent", value: { message: { id: "a message", content, sequence: BigInt(number) } } },
    }),
  );

/** As the database does it. */
function filled({ body, holes, width }: ReturnType<typeof numberedBody>, number: number): Uint8Array {
  const bytes = Uint8Array.from(body);
  for (const hole of holes) {
    for (let at = 0; at < width; at += 1) {
      bytes[hole + at] = Number((BigInt(number) >> BigInt(7 * at)) & 127n) | (at < width - 1 ? 128 : 0);
    }
  }
  return bytes;
}

test("a number written into the holes gives what encoding with the number gives", () => {
  const numbers = fc.oneof(
    fc.integer({ min: 1, max: 20_000 }),
    fc.maxSafeNat().map((number) => number + 1),
  );
  fc.assert(
    fc.property(
      numbers,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.string({ unit: "grapheme" }),
      (near, place, content) => {
        const width = varintWidth(near);
        const least = width === 1 ? 1 : 2 ** (7 * (width - 1));
        const most = Math.min(2 ** (7 * width) - 1, Number.MAX_SAFE_INTEGER);
        const number = Math.min(most, least + Math.floor(place * (most - least)));
        const body = numberedBody(near, encodeWith(content));
        expect(body.holes).toHaveLength(2);
        expect(filled(body, number)).toEqual(encodeWith(content)(number));
      },
    ),
  );
});
