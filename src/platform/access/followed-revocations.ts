import type { Bus } from "../bus/bus.ts";
import type { Clock } from "../clock.ts";
import { limits } from "../limits.ts";
import type { Log } from "../log.ts";
import { startRounds } from "../rounds.ts";
import type { Revocation, Revocations } from "./revocations.ts";

/**
 * Keeps a process up with what is revoked elsewhere, whatever the bus lost: reads what auth has stored at the start,
 * after every gap, and by the clock. Resolves once what was revoked before is known here, as far as auth can be asked.
 */
export async function followRevocations(needs: {
  revocations: Revocations;
  /** A page of what was revoked at or after a time, in milliseconds since 1970: the first one, or the one that follows. */
  revokedSince: (
    at: number,
    after?: string,
  ) => Promise<{ readonly revocations: readonly Revocation[]; readonly next?: string }>;
  bus: Bus;
  clock: Clock;
  log: Log;
}): Promise<AsyncDisposable> {
  const { revocations, revokedSince, bus, clock, log } = needs;
  let readTo = 0;

  async function catchUp(): Promise<void> {
    const now = clock.now();
    // Tokens older than that have expired by themselves.
    const since = Math.max(readTo, now - limits.token.accessMs);
    let after: string | undefined;
    do {
      const page = await revokedSince(since, after);
      revocations.restore(page.revocations);
      after = page.next;
    } while (after !== undefined);
    // What was stamped before is committed a little later, and not by the same clock.
    readTo = now - limits.token.revocationOverlapMs;
  }

  const name = "catching up with revocations";
  try {
    await catchUp();
  } catch (error) {
    log.error({ err: error }, `${name} failed and will be tried again`);
  }
  const started = new AsyncDisposableStack();
  const rounds = started.use(startRounds({ name, everyMs: limits.token.revocationCheckMs, log, round: catchUp }));
  started.use(bus.onGap(() => rounds.ring()));
  return started;
}
