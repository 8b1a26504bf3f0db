import { create, type DescMessage, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { createValidator, type Validator, violationsToProto } from "@bufbuild/protovalidate";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { Reason, reasonFacts } from "../platform/failure.ts";
import { findTextFault } from "./text-fault.ts";

/**
 * Holds requests to the rules that the contract states for their fields, and their text to what can be kept. Streams of
 * requests are checked one by one.
 */
export function validateRequests(validator: Validator = createValidator()): Interceptor {
  return (next) => (request) => {
    if (!request.stream) {
      try {
        check(validator, request.method.input, request.message);
      } catch (error) {
        return Promise.reject(error);
      }
      return next(request);
    }
    const { message, method } = request;
    const checked = (async function* () {
      for await (const each of message) {
        check(validator, method.input, each);
        yield each;
      }
    })();
    // A request may be more than its own properties: the new one stands before it rather than being a copy.
    return next(Object.create(request, { message: { value: checked, enumerable: true } }) as typeof request);
  };
}

/** Compiles the rules of these messages ahead of the first call, which would otherwise take tens of milliseconds. */
export function warmValidation(validator: Validator, schemas: Iterable<DescMessage>): void {
  for (const schema of schemas) validator.validate(schema, create(schema));
}

function check(validator: Validator, schema: DescMessage, message: Message): void {
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
