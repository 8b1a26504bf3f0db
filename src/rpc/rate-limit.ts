import { type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { Rate, rate as rateOption } from "#gen/veza/options/v1/options_pb.ts";
import { createAllowances } from "../platform/access/allowances.ts";
import type { Clock } from "../platform/clock.ts";
import { Failure, Reason } from "../platform/failure.ts";
import { type Allowance, limits } from "../platform/limits.ts";

/**
 * Counts a call against what its caller may do. Throws RATE_LIMITED, with the time after which the call would pass.
 * `caller` is a user, or the address of somebody who is not signed in.
 */
export type RateLimit = (method: DescMethod, caller: string) => void;

export const unlimited: RateLimit = () => {};

/** Every value of Rate but UNSPECIFIED. */
type LimitedRate = (typeof Rate)[Exclude<keyof typeof Rate, "UNSPECIFIED">];

/** What one caller may do, by the kind of method. */
const allowances: Readonly<Record<LimitedRate, Allowance>> = {
  [Rate.SIGN_IN]: limits.rates.signIn,
  [Rate.SEND]: limits.rates.send,
  [Rate.CREATE]: limits.rates.create,
  [Rate.CHANGE]: limits.rates.change,
  [Rate.READ]: limits.rates.read,
  [Rate.OPEN]: limits.rates.open,
  [Rate.SOUND]: limits.rates.sound,
};

/** Each process counts for itself. */
export function createRateLimit(needs: { clock: Clock }): RateLimit {
  const counted = new Map(
    Object.entries(allowances).map(
      ([rate, allowance]) => [Number(rate), createAllowances({ clock: needs.clock, allowance })] as const,
    ),
  );
  return (method, caller) => {
    const wait = counted.get(rateOf(method))?.take(caller) ?? 0;
    if (wait > 0) throw new Failure(Reason.RATE_LIMITED, { retryAfterMs: wait });
  };
}

const rates = new WeakMap<DescMethod, LimitedRate>();

/** How often a method may be called, as the contract says. */
export function rateOf(method: DescMethod): LimitedRate {
  let found = rates.get(method);
  if (found === undefined) {
    const named = hasOption(method, rateOption) ? getOption(method, rateOption) : Rate.UNSPECIFIED;
    found = named in allowances ? (named as LimitedRate) : usualRate(method);
    rates.set(method, found);
  }
  return found;
}

function usualRate(method: DescMethod): LimitedRate {
  if (method.methodKind !== "unary") return Rate.OPEN;
  return method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS ? Rate.READ : Rate.CHANGE;
}
