import { create, type DescMessage, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { type Validator, violationsToProto } from "@bufbuild/protovalidate";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { Reason, reasonFacts } from "../platform/failure.ts";
import { findTextFault } from "./text-fault.ts";

/** Holds the messages of a stream of requests to the rules, one by one. */
export async function* validated<Shape extends Message>(
  validator: Validator,
  schema: DescMessage,
  messages: AsyncIterable<Shape>,
): AsyncGenerator<Shape> {
  for await (const message of messages) {
    validate(validator, schema, message);
    yield message;
  }
}

/** Compiles the rules of these messages ahead of the first call, which would otherwise take tens of milliseconds. */
export function warmValidation(validator: Validator, schemas: Iterable<DescMessage>): void {
  for (const schema of schemas) validator.validate(schema, create(schema));
}

/**
 * Holds a message to the rules that the contract states for its fields, and its text to what can be kept. Throws INVALID_FIELD,
 * with all that is wrong.
 */
export function validate(validator: Validator, schema: DescMessage, message: Message): void {
  const fault = findTextFault(schema, message);
  if (fault !== undefined) throw invalid([fault]);
  const result = validator.validate(schema, message);
  if (result.kind === "valid") return;
  if (result.kind === "error") throw result.error;
  const [violations, violationsSchema] = violationsToProto(result.violations);
  const faults = result.violations.map((violation) => ({
    field: pathToString(violation.field),
    description: violation.message,
  }));
  throw invalid(faults, [{ desc: violationsSchema, value: violations }]);
}

function invalid(
  fieldViolations: { field: string; description: string }[],
  details: { desc: DescMessage; value: MessageInitShape<DescMessage> }[] = [],
): ConnectError {
  const { name } = reasonFacts(Reason.INVALID_FIELD);
  const said = fieldViolations.map(({ field, description }) =>
    field === "" ? description : `${field}: ${description}`,
  );
  return new ConnectError(said.join("; "), Code.InvalidArgument, undefined, [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason: name, domain: "veza" }) },
    { desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations }) },
    ...details,
  ]);
}
