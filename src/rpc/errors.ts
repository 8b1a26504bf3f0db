import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { Failure, Reason, reasonFacts } from "../platform/failure.ts";
import type { Log } from "../platform/log.ts";

const domain = "veza";

/** The details that every error carries: why, for machines, and when to try again where that is known. */
function detailsOf(reason: Reason, metadata: Readonly<Record<string, string>>, retryAfterMs?: number) {
  const details: { desc: DescMessage; value: MessageInitShape<DescMessage> }[] = [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason: reasonFacts(reason).name, domain, metadata }) },
  ];
  if (retryAfterMs !== undefined) {
    details.push({
      desc: RetryInfoSchema,
      value: create(RetryInfoSchema, { retryDelay: durationFromMs(retryAfterMs) }),
    });
  }
  return details;
}

/** The status of an expected failure. */
export function failureToStatus(failure: Failure): ConnectError {
  const { code } = reasonFacts(failure.reason);
  const { metadata = {}, retryAfterMs } = failure.details;
  return new ConnectError(
    failure.message.toWellFormed(),
    code as Code,
    undefined,
    detailsOf(failure.reason, metadata, retryAfterMs),
  );
}

/**
 * What the caller gets to see of anything thrown; the one place that decides it. What is a status already stays as it is; what nobody expected reads
 * "internal error", with the request id that finds the cause in the log.
 */
export function toStatus(error: unknown, requestId: string, log: Log): ConnectError {
  if (error instanceof Failure) return failureToStatus(error);
  if (error instanceof ConnectError) return sayable(error);
  if (error instanceof Error && error.name === "AbortError")
    return new ConnectError("the call was canceled", Code.Canceled);
  log.error({ err: error, request_id: requestId }, "internal error");
  return new ConnectError(
    reasonFacts(Reason.INTERNAL).sentence,
    Code.Internal,
    undefined,
    detailsOf(Reason.INTERNAL, { request_id: requestId }),
    error,
  );
}

/** A message may quote what was sent, and half a character cannot be said on the wire. */
function sayable(error: ConnectError): ConnectError {
  if (error.rawMessage.isWellFormed()) return error;
  return new ConnectError(error.rawMessage.toWellFormed(), error.code, error.metadata, undefined, error.cause);
}
