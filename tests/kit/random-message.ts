import { create, type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import type { Chance } from "./random.ts";

const texts = [
  "",
  "a",
  "hello",
  "\u0000",
  "\u202e\u{1F525}e\u0301",
  "' OR 1=1; --",
  '"*" NEAR(x) AND',
  "%_\\",
  "../../etc/passwd",
  "__proto__",
  "x".repeat(300),
  "\u{1F3B5}".repeat(5000),
];
const numbers = [0, 1, -1, 2, 3, 7, 50, 100, 200, 201, 65_536, 2 ** 31 - 1, -(2 ** 31)];
const longNumbers = [0n, 1n, 2n, -1n, 1000n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)];

/** A message with some of its fields set to something or other; `known` are texts, such as ids, that mean something. */
export function randomMessage(desc: DescMessage, random: Chance, known: readonly string[], depth = 0): Message {
  const message = reflect(desc, create(desc));
  for (const field of desc.fields) {
    if (random.below(4) === 0 || (depth > 2 && field.fieldKind === "message")) continue;
    setField(message, field, random, known, depth);
  }
  return message.message;
}

type Reflected = ReturnType<typeof reflect<DescMessage>>;

function setField(message: Reflected, field: DescField, random: Chance, known: readonly string[], depth: number): void {
  const nested = (desc: DescMessage) => reflect(desc, randomMessage(desc, random, known, depth + 1));
  switch (field.fieldKind) {
    case "scalar":
      message.set(field, scalar(field.scalar, field.longAsString, random, known));
      break;
    case "enum":
      message.set(field, random.below(12) - 1);
      break;
    case "message":
      message.set(field, nested(field.message));
      break;
    case "list": {
      const list = message.get(field);
      for (let left = random.below(4); left > 0; left--) {
        if (field.listKind === "message") list.add(nested(field.message));
        else if (field.listKind === "enum") list.add(random.below(12));
        else list.add(scalar(field.scalar, field.longAsString, random, known));
      }
      break;
    }
    case "map":
      if (field.mapKind === "scalar" && field.mapKey === ScalarType.STRING) {
        message.get(field).set(random.one(texts), scalar(field.scalar, false, random, known));
      }
      break;
  }
}

function scalar(type: ScalarType, longAsString: boolean, random: Chance, known: readonly string[]) {
  switch (type) {
    case ScalarType.STRING:
      return random.below(3) === 0 ? random.one(texts) : random.one(known);
    case ScalarType.BYTES:
      return new Uint8Array(random.bytes(random.below(64)));
    case ScalarType.BOOL:
      return random.below(2) === 0;
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return random.one([0, -0, 1, 1e30, Number.NaN, Number.POSITIVE_INFINITY]);
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64: {
      const value = random.one(longNumbers);
      return longAsString ? value.toString() : value;
    }
    case ScalarType.UINT64:
    case ScalarType.FIXED64: {
      const value = random.one(longNumbers.filter((each) => each >= 0n));
      return longAsString ? value.toString() : value;
    }
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return random.one(numbers.filter((each) => each >= 0));
    default:
      return random.one(numbers);
  }
}
