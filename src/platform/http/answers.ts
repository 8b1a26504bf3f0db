import { Failure, Reason, reasonFacts } from "../failure.ts";
import { IncomingStalled } from "../files/files.ts";

/** What a failure is over plain HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly sentence: string;
  /** As in ErrorInfo. */
  readonly reason?: string;
}

/** By google.rpc.Code. */
const statusOfCode: Readonly<Record<number, number>> = {
  3: 400,
  4: 408,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 409,
  14: 503,
  16: 401,
};

/** What differs from the status that the reason's code has: a larger body would do no better later. */
const statusOfReason: Readonly<Partial<Record<Reason, number>>> = {
  [Reason.FILE_TOO_LARGE]: 413,
};

/** The status that says over HTTP what the reason says to an RPC. */
export function statusOf(reason: Reason): number {
  return statusOfReason[reason] ?? statusOfCode[reasonFacts(reason).code] ?? 500;
}

/** An expected failure as an answer; undefined for any other error, which is nobody's business outside. */
export function answerOf(error: unknown): HttpAnswer | undefined {
  if (error instanceof IncomingStalled) return { status: 408, headers: {}, sentence: error.message };
  if (!(error instanceof Failure)) return undefined;
  const { retryAfterMs } = error.details;
  const headers = retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
  return { status: statusOf(error.reason), headers, sentence: error.message, reason: reasonFacts(error.reason).name };
}

export const internalError: HttpAnswer = { status: 500, headers: {}, sentence: "internal error" };
