import { Failure, type FailureDetails, Reason, reasonFacts } from "../failure.ts";

/** A Failure as it travels between processes, so that whoever asked gets it as it was thrown. */
export function encodeFailure({ reason, details }: Failure): Uint8Array {
  return Buffer.from(JSON.stringify({ reason: reasonFacts(reason).name, ...details }));
}

/** A reason that this process does not know, as it is older than the other, reads INTERNAL. */
export function decodeFailure(message: Uint8Array): Failure {
  const { reason, ...details } = JSON.parse(Buffer.from(message).toString()) as FailureDetails & { reason: string };
  const known = Reason[reason as keyof typeof Reason];
  return known === undefined ? new Failure(Reason.INTERNAL) : new Failure(known, details);
}
