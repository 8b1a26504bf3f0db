import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import {
  FieldPathElementSchema,
  ViolationSchema,
  ViolationsSchema,
} from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { ErrorInfoSchema, RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { isTransient, problemOf } from "#src/client/errors.ts";

test("a failure of the service is taken apart", () => {
  const error = new ConnectError("slow mode is on", Code.ResourceExhausted, undefined, [
    { desc: ErrorInfoSchema, value: { reason: "SLOW_MODE", domain: "veza" } },
    { desc: RetryInfoSchema, value: { retryDelay: durationFromMs(2500) } },
  ]);
  expect(problemOf(error)).toEqual({
    code: Code.ResourceExhausted,
    reason: "SLOW_MODE",
    sentence: "slow mode is on",
    retryAfterMs: 2500,
    violations: [],
  });
});

test("violations are told field by field, with paths as in the contract", () => {
  const at = (fieldName: string, index?: bigint) =>
    create(FieldPathElementSchema, {
      fieldName,
      ...(index !== undefined && { subscript: { case: "index", value: index } }),
    });
  const value = create(ViolationsSchema, {
    violations: [
      create(ViolationSchema, { field: { elements: [at("username")] }, message: "must be at least 3 characters" }),
      create(ViolationSchema, { field: { elements: [at("cursors", 2n), at("room_id")] }, message: "must be a UUID" }),
    ],
  });
  const error = new ConnectError("not valid", Code.InvalidArgument, undefined, [{ desc: ViolationsSchema, value }]);
  expect(problemOf(error).violations).toEqual([
    { field: "username", sentence: "must be at least 3 characters" },
    { field: "cursors[2].room_id", sentence: "must be a UUID" },
  ]);
});

test("a lost network reads the same whatever the browser calls it", () => {
  for (const thrown of [new TypeError("Failed to fetch"), "missing trailer", new TypeError("network error")]) {
    const problem = problemOf(thrown);
    expect(problem).toMatchObject({ code: Code.Unavailable, reason: "" });
    expect(problem.sentence).toContain("cannot be reached");
    expect(isTransient(problem)).toBe(true);
  }
});

test("what a person has to change is not transient", () => {
  expect(isTransient(problemOf(new ConnectError("no", Code.PermissionDenied)))).toBe(false);
  expect(isTransient(problemOf(new ConnectError("no", Code.InvalidArgument)))).toBe(false);
});
