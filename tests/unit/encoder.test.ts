import { create, type DescMessage, type Message, toBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { AuthService } from "#gen/veza/auth/v1/auth_service_pb.ts";
import { ChatService, SendMessageResponseSchema } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { encoderOf } from "#src/rpc/encode/encoder.ts";
import { chanceOf } from "../kit/random.ts";
import { randomMessage } from "../kit/random-message.ts";

const schemas = [AuthService, ChatService, StreamService].flatMap(({ methods }) =>
  methods.flatMap(({ input, output }) => [input, output]),
);
const known = ["né en été", "0193d2f0-0000-7000-8000-000000000000", "é".repeat(100), "日本", "x".repeat(130)];

/** The fields of a message as a handler may answer with them: of what it left alone there is nothing. */
function fieldsOf(message: unknown): unknown {
  if (Array.isArray(message)) return message.map(fieldsOf);
  if (typeof message !== "object" || message === null || message instanceof Uint8Array) return message;
  return Object.fromEntries(
    Object.entries(message)
      .filter(([name, value]) => name !== "$typeName" && value !== "" && value !== 0 && value !== false)
      .map(([name, value]) => [name, fieldsOf(value)]),
  );
}

function expectTheSame(schema: DescMessage, given: unknown, message: Message, room = 5): void {
  const encoded = encoderOf(schema)(given as Message, room);
  const expected = Buffer.from(toBinary(schema, message));
  expect(Buffer.compare(encoded.subarray(room), expected), `${schema.typeName} ${expected.toString("hex")}`).toBe(0);
}

describe("the encoder makes what the library makes", () => {
  test("of every message of the contract, whole or as fields, in any state", () => {
    const random = chanceOf(11);
    for (const schema of schemas) {
      expectTheSame(schema, create(schema), create(schema), 0);
      for (let i = 0; i < 60; i += 1) {
        const message = randomMessage(schema, random, known);
        expectTheSame(schema, message, message);
        expectTheSame(schema, fieldsOf(message), create(schema, fieldsOf(message) as never));
      }
    }
  });

  test("of messages whose lengths are just before and just behind a longer length of the length", () => {
    for (const length of [0, 1, 31, 32, 33, 120, 126, 127, 128, 129, 16_370, 16_383, 16_384, 16_385, 3_000_000]) {
      for (const character of ["x", "é", "日", "🔥", "\ud83c"]) {
        const message = create(SendMessageResponseSchema, { message: { content: character.repeat(length) } });
        expectTheSame(SendMessageResponseSchema, message, message);
      }
    }
  });

  test("of fields that are not known here, which are kept", () => {
    const message = create(SendMessageResponseSchema, { message: { content: "x" } });
    message.$unknown = [{ no: 1000, wireType: 0, data: new Uint8Array([7]) }];
    expectTheSame(SendMessageResponseSchema, message, message);
  });

  test("and says of what cannot be encoded what the library says", () => {
    const encode = encoderOf(SendMessageResponseSchema);
    const wrong = { message: { content: "before", sequence: 2n ** 70n } } as unknown as Message;
    const given = { message: { content: "after" } } as unknown as Message;
    expect(() => encode(wrong, 0)).toThrow(/sequence/);
    // What failed leaves nothing behind.
    expectTheSame(SendMessageResponseSchema, given, create(SendMessageResponseSchema, given as never));
  });
});
