import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import type { AuthStore } from "./store.ts";
import type { Sweep } from "./sweeps.ts";

const sessionsPerWrite = 500;

/** Deletes sessions that are over, a few at a time so that other writes get their turn. */
export function createSessionSweep(needs: { store: AuthStore; clock: Clock }): Sweep {
  const { store, clock } = needs;
  return {
    name: "sessions",
    everyMs: 10 * 60 * 1000,
    async run(signal) {
      const now = clock.now();
      // An ended session is remembered while an access token of it could still be sent.
      const before = { expired: now, ended: now - limits.token.accessMs };
      let deleted: number;
      do {
        deleted = await store.deleteOldSessions(before, sessionsPerWrite);
      } while (deleted === sessionsPerWrite && !signal.aborted);
    },
  };
}
