import { durationMs } from "@bufbuild/protobuf/wkt";
import { type FieldPath, ViolationsSchema } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import type { Reason } from "#gen/veza/errors/v1/reason_pb.ts";

/** The contract's reasons as they travel in `ErrorInfo.reason`. */
export type ReasonName = keyof typeof Reason;

/** What is wrong with one field of a request. */
export interface FieldProblem {
  /** The field's path, named as in the contract: `username`, `cursors[0].room_id`. */
  readonly field: string;
  readonly sentence: string;
}

/** A failed call, taken apart. */
export interface Problem {
  readonly code: Code;
  /** Why, for machines. Empty when the failure does not come from the service: a lost network, a proxy. */
  readonly reason: ReasonName | "";
  /** Why, for people, and what can be done. Without a capital or a full stop, as the contract writes it. */
  readonly sentence: string;
  /** How long to wait before trying again; undefined when the service did not say. */
  readonly retryAfterMs: number | undefined;
  readonly violations: readonly FieldProblem[];
}

/** Reads what a call threw. Never throws. */
export function problemOf(thrown: unknown): Problem {
  const error = ConnectError.from(thrown);
  if (isLostNetwork(error)) {
    return { code: Code.Unavailable, reason: "", sentence: UNREACHABLE, retryAfterMs: undefined, violations: [] };
  }
  const info = error.findDetails(ErrorInfoSchema).find((detail) => detail.domain === "veza");
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  return {
    code: error.code,
    reason: (info?.reason ?? "") as ReasonName | "",
    sentence: error.rawMessage || UNEXPLAINED,
    retryAfterMs: delay === undefined ? undefined : durationMs(delay),
    violations: violationsOf(error),
  };
}

/** Whether the same call may succeed later without anybody changing anything. */
export function isTransient(problem: Problem): boolean {
  return TRANSIENT.has(problem.code);
}

const UNREACHABLE = "the server cannot be reached: check your connection";
const UNEXPLAINED = "something went wrong: try again";

const TRANSIENT: ReadonlySet<Code> = new Set([
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.ResourceExhausted,
  Code.Aborted,
  Code.Internal,
  Code.Unknown,
  Code.Canceled,
]);

/**
 * fetch reports every kind of lost connection as a TypeError, and a body cut short as a protocol error that says so.
 * Neither says more to a person than that the server is out of reach.
 */
function isLostNetwork(error: ConnectError): boolean {
  if (error.cause instanceof TypeError) return true;
  return error.code === Code.Unknown && CUT_SHORT.has(error.rawMessage);
}

const CUT_SHORT: ReadonlySet<string> = new Set(["missing trailer", "premature end of stream", "network error"]);

function violationsOf(error: ConnectError): FieldProblem[] {
  const found = error
    .findDetails(ViolationsSchema)
    .flatMap((detail) => detail.violations)
    .map((violation) => ({ field: pathOf(violation.field), sentence: violation.message }));
  const plain = error
    .findDetails(BadRequestSchema)
    .flatMap((detail) => detail.fieldViolations)
    .map((violation) => ({ field: violation.field, sentence: violation.description }));
  return [...found, ...plain];
}

function pathOf(path: FieldPath | undefined): string {
  return (path?.elements ?? [])
    .map(({ fieldName, subscript }) => fieldName + (subscript.case === undefined ? "" : `[${subscript.value}]`))
    .join(".");
}
