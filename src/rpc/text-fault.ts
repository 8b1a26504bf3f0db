import { type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";

/** Text in a message that not every database keeps. What is no text at all, decoders refuse. */
export interface TextFault {
  /** Where it stands, as in `violation.field`. */
  readonly field: string;
  readonly description: string;
}

type Look<Value> = (value: Value) => TextFault | undefined;
type Values = Readonly<Record<string, unknown>>;

const zero: TextFault = { field: "", description: "holds the character U+0000, which cannot be kept" };

/** By the message's type, made with its first message. */
const looks = new Map<DescMessage, Look<Values>>();

/** The first fault in the text of a message, wherever in it; undefined for nearly all. */
export function findTextFault(schema: DescMessage, message: Message): TextFault | undefined {
  return lookInto(schema)(message as unknown as Values);
}

function faultOf(text: string): TextFault | undefined {
  return text.includes("\0") ? zero : undefined;
}

function lookInto(schema: DescMessage): Look<Values> {
  const known = looks.get(schema);
  if (known !== undefined) return known;
  const parts: Look<Values>[] = [];
  function look(message: Values): TextFault | undefined {
    for (const part of parts) {
      const fault = part(message);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  // Ahead of its parts: a message may hold others of its own type.
  looks.set(schema, look);
  for (const field of schema.fields) {
    const lookIn = lookAt(field);
    if (lookIn === undefined) continue;
    parts.push((message) => {
      const value = chosenIn(message, field);
      return value === undefined ? undefined : within(field.name, lookIn(value));
    });
  }
  return look;
}

/** Undefined for a field without text. */
function lookAt(field: DescField): Look<unknown> | undefined {
  switch (field.fieldKind) {
    case "scalar":
      return field.scalar === ScalarType.STRING ? (faultOf as Look<unknown>) : undefined;
    case "message":
      return lookInto(field.message) as Look<unknown>;
    case "list": {
      const each = lookAtEach(field.listKind, field.scalar, field.message);
      return (
        each && ((values) => firstOf((values as unknown[]).entries(), ([at, value]) => within(`[${at}]`, each(value))))
      );
    }
    case "map": {
      const each = lookAtEach(field.mapKind, field.scalar, field.message);
      const named = field.mapKey === ScalarType.STRING;
      if (each === undefined && !named) return undefined;
      return (map) =>
        firstOf(Object.entries(map as Values), ([key, value]) => (named ? faultOf(key) : undefined) ?? each?.(value));
    }
    default:
      return undefined;
  }
}

function lookAtEach(
  kind: "scalar" | "enum" | "message",
  scalar: ScalarType | undefined,
  message: DescMessage | undefined,
): Look<unknown> | undefined {
  if (kind === "message" && message !== undefined) return lookInto(message) as Look<unknown>;
  return kind === "scalar" && scalar === ScalarType.STRING ? (faultOf as Look<unknown>) : undefined;
}

function chosenIn(message: Values, { oneof, localName }: DescField): unknown {
  if (oneof === undefined) return message[localName];
  const chosen = message[oneof.localName] as { case?: string; value?: unknown };
  return chosen.case === localName ? chosen.value : undefined;
}

function within(place: string, fault: TextFault | undefined): TextFault | undefined {
  if (fault === undefined) return undefined;
  const separator = fault.field === "" || fault.field.startsWith("[") ? "" : ".";
  return { ...fault, field: `${place}${separator}${fault.field}` };
}

function firstOf<Item>(items: Iterable<Item>, look: Look<Item>): TextFault | undefined {
  for (const item of items) {
    const fault = look(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
