import { create, type DescField, type DescMessage, type Message, ScalarType, toBinary } from "@bufbuild/protobuf";
import { FeatureSet_FieldPresence as Presence } from "@bufbuild/protobuf/wkt";
import { WireWriter } from "./wire-writer.ts";

/**
 * Encodes a message, or the fields of one, behind `room` bytes that are free for what goes before it. The same bytes as
 * the library makes: it makes two buffers for each message, and a whole message of what is only fields; here there is
 * neither. What is rare, or not as it should be, is left to the library, which says what is wrong.
 */
export type Encode = (message: Message, room: number) => Uint8Array;

type Write<Value> = (value: Value) => void;
type Fields = Readonly<Record<string, unknown>>;

const writer = new WireWriter();
const encoders = new Map<DescMessage, Encode>();

export function encoderOf(schema: DescMessage): Encode {
  let encode = encoders.get(schema);
  if (encode === undefined) {
    encode = makeEncoder(schema);
    encoders.set(schema, encode);
  }
  return encode;
}

function makeEncoder(schema: DescMessage): Encode {
  const byLibrary: Encode = (message, room) => {
    const bytes = toBinary(schema, message.$typeName === schema.typeName ? message : create(schema, message));
    const taken = Buffer.allocUnsafe(room + bytes.length);
    taken.set(bytes, room);
    return taken;
  };
  if (!isPlain(schema, new Set())) return byLibrary;
  const write = writeOf(schema);
  return (message, room) => {
    try {
      write(message as unknown as Fields);
      return writer.take(room);
    } catch {
      writer.forget();
      return byLibrary(message, room);
    }
  };
}

/** Thrown at what the library is to look at. */
const notPlain = new Error("not plain");

const strange = new Set(["google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue"]);

/** Whether a message and all that it can hold is made of what can be written here. */
function isPlain(schema: DescMessage, seen: Set<DescMessage>): boolean {
  if (seen.has(schema)) return true;
  seen.add(schema);
  if (strange.has(schema.typeName) || schema.file.proto.name === "google/protobuf/wrappers.proto") return false;
  return schema.fields.every((field) => {
    if (field.fieldKind === "map" || field.presence === Presence.LEGACY_REQUIRED) return false;
    if (field.message !== undefined) return !field.delimitedEncoding && isPlain(field.message, seen);
    return field.enum !== undefined || (field.scalar !== undefined && field.scalar in scalars);
  });
}

interface Scalar {
  readonly wireType: 0 | 1 | 2 | 5;
  readonly write: Write<never>;
  /** Whether a value is the one that is not written. */
  isZero(value: unknown): boolean;
}

const largestInt32 = 0x7fff_ffff;
const int32: Scalar = {
  wireType: 0,
  write(value: number) {
    if (value >= 0 && value <= largestInt32 && Number.isInteger(value)) return writer.varint(value);
    if (!Number.isInteger(value) || value > largestInt32 || value < -largestInt32 - 1) throw notPlain;
    writer.varint64(BigInt(value));
  },
  isZero: (value) => value === 0,
};
const int64: Scalar = {
  wireType: 0,
  write(value: bigint | string | number) {
    const whole = typeof value === "bigint" ? value : BigInt(value);
    if (BigInt.asIntN(64, whole) !== whole) throw notPlain;
    writer.varint64(whole);
  },
  // As the library has it, 0n is one, 0, "0", and "".
  isZero: (value) => Number(value) === 0,
};

/** The scalars that the contract is made of. */
const scalars: Readonly<Partial<Record<ScalarType, Scalar>>> = {
  [ScalarType.STRING]: {
    wireType: 2,
    write(value: string) {
      if (typeof value !== "string") throw notPlain;
      writer.string(value);
    },
    isZero: (value) => value === "",
  },
  [ScalarType.BYTES]: {
    wireType: 2,
    write(value: Uint8Array) {
      if (!(value instanceof Uint8Array)) throw notPlain;
      writer.bytes(value);
    },
    isZero: (value) => value instanceof Uint8Array && value.length === 0,
  },
  [ScalarType.BOOL]: {
    wireType: 0,
    write: (value: boolean) => writer.varint(value ? 1 : 0),
    isZero: (value) => value === false,
  },
  [ScalarType.INT32]: int32,
  [ScalarType.INT64]: int64,
  [ScalarType.FLOAT]: {
    wireType: 5,
    write(value: number) {
      if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) throw notPlain;
      writer.float(value);
    },
    isZero: (value) => Object.is(value, 0),
  },
  [ScalarType.DOUBLE]: {
    wireType: 1,
    write: (value: number) => writer.double(value),
    isZero: (value) => Object.is(value, 0),
  },
};

const writes = new Map<DescMessage, Write<Fields>>();

function writeOf(schema: DescMessage): Write<Fields> {
  const made = writes.get(schema);
  if (made !== undefined) return made;
  const ofFields: Write<Fields>[] = [];
  const { typeName } = schema;
  function write(message: Fields): void {
    // biome-ignore format: one line for each thing that the library has to look at
    if ((message.$typeName !== undefined && message.$typeName !== typeName) || message.$unknown !== undefined) throw notPlain;
    for (const writeField of ofFields) writeField(message);
  }
  // Before its fields: a message may hold itself.
  writes.set(schema, write);
  ofFields.push(...[...schema.fields].sort((a, b) => a.number - b.number).map(fieldWrite));
  return write;
}

function fieldWrite(field: DescField): Write<Fields> {
  const { localName } = field;
  if (field.fieldKind === "list") return listWrite(field);
  const write = valueWrite(field);
  if (field.oneof !== undefined) {
    const { localName: choice } = field.oneof;
    return (message) => {
      const chosen = message[choice] as { readonly case?: string; readonly value?: unknown } | undefined;
      if (chosen?.case === localName) write(chosen.value);
    };
  }
  const isZero = field.presence === Presence.IMPLICIT ? scalarOf(field).isZero : never;
  return (message) => {
    const value = message[localName];
    if (value !== undefined && value !== null && !isZero(value)) write(value);
  };
}

const never = (): boolean => false;

/** Writes one value with its tag. */
function valueWrite(field: DescField): Write<unknown> {
  if (field.message !== undefined) {
    const tag = (field.number << 3) | 2;
    const write = writeOf(field.message);
    return (value) => {
      writer.varint(tag);
      const start = writer.beginLength();
      write(value as Fields);
      writer.endLength(start);
    };
  }
  const { wireType, write } = scalarOf(field);
  const tag = (field.number << 3) | wireType;
  return (value) => {
    writer.varint(tag);
    write(value as never);
  };
}

function scalarOf(field: DescField): Scalar {
  const scalar = field.enum !== undefined ? int32 : field.scalar === undefined ? undefined : scalars[field.scalar];
  if (scalar === undefined) throw new Error(`${field.toString()} is no scalar that can be written here`);
  return scalar;
}

function listWrite(field: DescField & { fieldKind: "list" }): Write<Fields> {
  const { localName } = field;
  if (field.packed) {
    const tag = (field.number << 3) | 2;
    const { write } = scalarOf(field);
    return (message) => {
      const items = message[localName] as readonly never[] | undefined;
      if (items === undefined || items.length === 0) return;
      writer.varint(tag);
      const start = writer.beginLength();
      for (const item of items) write(item);
      writer.endLength(start);
    };
  }
  const write = valueWrite(field);
  return (message) => {
    const items = message[localName] as readonly unknown[] | undefined;
    if (items !== undefined) for (const item of items) write(item);
  };
}
