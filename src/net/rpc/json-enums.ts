import type { DescEnum, DescField, DescMessage, JsonValue } from "@bufbuild/protobuf";

/** A name in JSON that its enum does not have. */
export interface UnknownEnumName {
  readonly field: string;
  readonly name: string;
  readonly known: readonly string[];
}

type Check = (json: JsonValue) => UnknownEnumName | undefined;

const checks = new Map<DescMessage, Check | undefined>();

/**
 * Finds names of enums that are not in the contract. Unknown fields are ignored in JSON, and the library then ignores
 * unknown names as well: a room meant to be `PRIVATE` would become what the default is. Undefined for a message that holds
 * no enum: then there is nothing to check.
 */
export function enumCheck(message: DescMessage): Check | undefined {
  if (!checks.has(message)) {
    checks.set(message, fieldsWithEnums(message, new Set()).length === 0 ? undefined : build(message));
  }
  return checks.get(message);
}

function build(message: DescMessage): Check {
  const byName = new Map<string, (json: JsonValue) => UnknownEnumName | undefined>();
  for (const field of fieldsWithEnums(message, new Set())) {
    const one = valueCheck(field);
    const each: Check = (json) => {
      if (!Array.isArray(json)) return one(json);
      for (const item of json) {
        const found = one(item);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    byName.set(field.name, each).set(field.jsonName, each);
  }
  return (json) => {
    if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined;
    for (const [name, value] of Object.entries(json)) {
      const found = byName.get(name)?.(value);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

function valueCheck(field: DescField): Check {
  if (field.enum !== undefined) return nameCheck(field, field.enum);
  const message = field.message as DescMessage;
  return (json) => enumCheck(message)?.(json);
}

function nameCheck(field: DescField, desc: DescEnum): Check {
  const known = desc.values.map(({ name }) => name);
  const names = new Set(known);
  return (json) =>
    typeof json === "string" && !names.has(json) ? { field: field.jsonName, name: json, known } : undefined;
}

/** The fields of a message that are enums or hold messages with some. Maps and the well-known types have none here. */
function fieldsWithEnums(message: DescMessage, seen: Set<DescMessage>): DescField[] {
  seen.add(message);
  return message.fields.filter((field) => {
    if (field.fieldKind === "map") return false;
    if (field.enum !== undefined) return field.enum.typeName !== "google.protobuf.NullValue";
    if (field.message === undefined || field.message.typeName.startsWith("google.protobuf.")) return false;
    return seen.has(field.message) || fieldsWithEnums(field.message, seen).length > 0;
  });
}
