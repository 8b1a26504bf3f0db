import type { Clock } from "../clock.ts";
import { type Allowance, limits } from "../limits.ts";

/** What each of many may do in a time. */
export interface Allowances {
  /** Takes one: 0, or the milliseconds after which there would be one to take; then nothing was taken. */
  take(name: string): number;
  /** Gives back one that was taken, and did not count after all. */
  giveBack(name: string): void;
}

/**
 * The generic cell rate algorithm (ITU-T I.371): of each name it is known when its allowance is whole again, and nothing
 * else. Names whose allowance is whole are forgotten; above the bound, those that were met first.
 */
export function createAllowances(needs: { clock: Clock; allowance: Allowance }): Allowances {
  const { clock, allowance } = needs;
  const intervalMs = 1000 / allowance.perSecond;
  const burstMs = intervalMs * allowance.burst;
  const wholeAt = new Map<string, number>();

  function forget(now: number): void {
    for (const [name, at] of wholeAt) if (at <= now) wholeAt.delete(name);
    const surplus = wholeAt.size - limits.rates.namesKept * 0.9;
    if (surplus <= 0) return;
    let dropped = 0;
    for (const name of wholeAt.keys()) {
      if (dropped++ >= surplus) break;
      wholeAt.delete(name);
    }
  }
  const waitOf = (whole: number, now: number) => Math.max(0, Math.ceil(whole + intervalMs - burstMs - now));

  return {
    take(name) {
      const now = clock.now();
      const known = wholeAt.get(name);
      const whole = known === undefined || known < now ? now : known;
      const wait = waitOf(whole, now);
      if (wait > 0) return wait;
      if (known === undefined && wholeAt.size >= limits.rates.namesKept) forget(now);
      wholeAt.set(name, whole + intervalMs);
      return 0;
    },
    giveBack(name) {
      const whole = wholeAt.get(name);
      if (whole !== undefined) wholeAt.set(name, whole - intervalMs);
    },
  };
}
