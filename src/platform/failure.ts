import { getOption } from "@bufbuild/protobuf";
import { Reason, ReasonSchema } from "#gen/veza/errors/v1/reason_pb.ts";
import { failure as failureOption } from "#gen/veza/options/v1/options_pb.ts";

export { Reason };

interface ReasonFacts {
  /** As in ErrorInfo: the enum's name without its prefix. */
  readonly name: string;
  /** The google.rpc.Code, equal to Connect's. */
  readonly code: number;
  readonly sentence: string;
}

const facts = new Map<Reason, ReasonFacts>(
  ReasonSchema.values.map((value) => {
    const option = getOption(value, failureOption);
    return [
      value.number as Reason,
      { name: value.name.slice("REASON_".length), code: option.code, sentence: option.sentence },
    ];
  }),
);

/** What the contract says of a reason: its name on the wire, its status, its sentence. */
export function reasonFacts(reason: Reason): ReasonFacts {
  const found = facts.get(reason);
  if (found === undefined) throw new Error(`reason ${reason} is not in the contract`);
  return found;
}

export interface FailureDetails {
  /** Said instead of the reason's own sentence, when more is known. */
  readonly sentence?: string;
  /** For ErrorInfo.metadata: what a machine may want to know. Keys and values are short. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** For RetryInfo: when trying again makes sense. Milliseconds from now. */
  readonly retryAfterMs?: number;
}

/** An expected failure. Every room makes its own through named functions; `rpc/errors.ts` turns them into statuses. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly reason: Reason;
  readonly details: FailureDetails;

  constructor(reason: Reason, details: FailureDetails = {}) {
    super(details.sentence ?? reasonFacts(reason).sentence);
    this.reason = reason;
    this.details = details;
  }
}
