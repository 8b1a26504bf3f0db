import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";

/** What a call failed with, as a client sees it. */
export interface SeenFailure {
  readonly code: string;
  /** ErrorInfo.reason; empty when there is none. */
  readonly reason: string;
}

/** How a call ended: `ok`, or the status and reason that it failed with. */
export async function outcome(call: Promise<unknown>): Promise<"ok" | SeenFailure> {
  try {
    await call;
    return "ok";
  } catch (error) {
    return seenFailure(error);
  }
}

/** The failure that a call must end with; fails when it ends well. */
export async function failureOf(call: Promise<unknown>): Promise<SeenFailure> {
  const ended = await outcome(call);
  if (ended === "ok") throw new Error("the call was to fail, and did not");
  return ended;
}

export function seenFailure(error: unknown): SeenFailure {
  const failure = ConnectError.from(error);
  const [info] = failure.findDetails(ErrorInfoSchema);
  return { code: Code[failure.code] ?? String(failure.code), reason: info?.reason ?? "" };
}
