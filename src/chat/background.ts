import type { Files } from "../platform/files/files.ts";
import { limits } from "../platform/limits.ts";
import type { Log } from "../platform/log.ts";
import { tellAudits, type UntoldActs } from "../platform/peers/tell-audits.ts";
import type { Requests } from "../platform/requests/requests.ts";
import { startRounds } from "../platform/rounds.ts";
import { removeDueFiles } from "./attachments/removal.ts";
import { type ErasureNeeds, followErasures } from "./erasure.ts";
import { liftSanctionsThatRanOut } from "./sanction-expiry.ts";
import type { SanctionStore } from "./store/sanction-store.ts";
import type { SearchIndex } from "./store/search-index.ts";
import type { ChatTables } from "./tables.ts";

/** How often each kind of work comes back, in milliseconds. */
const every = { requests: 10 * 60_000, sanctions: 2_000, adminActs: 2_000, erasures: 60_000, search: 100 };

/** What chat does without being asked. Disposing waits for what runs. */
export function startBackground(
  needs: ErasureNeeds & {
    log: Log;
    requests: Requests<ChatTables>;
    sanctions: SanctionStore;
    index: SearchIndex;
    files: Files;
    adminActs: UntoldActs<ChatTables>;
  },
): AsyncDisposable {
  const { database, auth, bus, clock, log, requests, index, files, adminActs } = needs;
  const started = new AsyncDisposableStack();
  started.use(
    startRounds({
      name: "forgetting old requests",
      everyMs: every.requests,
      log,
      round: (signal) => requests.sweep(signal),
    }),
  );
  started.use(
    startRounds({
      name: "lifting sanctions that ran out",
      everyMs: every.sanctions,
      log,
      round: (signal) => liftSanctionsThatRanOut(needs, signal),
    }),
  );
  started.use(
    startRounds({
      name: "making messages findable",
      everyMs: every.search,
      log,
      round: (signal) => index.settle(signal),
    }),
  );
  started.use(
    startRounds({
      name: "removing files",
      everyMs: limits.files.sweepMs,
      log,
      round: (signal) => removeDueFiles(needs, signal),
    }),
  );
  started.use(
    startRounds({
      name: "forgetting files that never came in",
      everyMs: limits.files.incomingSweepMs,
      log,
      round: () => files.forgetIncoming(clock.now() - limits.files.incomingMs),
    }),
  );
  started.use(
    startRounds({
      name: "telling what administrators did",
      everyMs: every.adminActs,
      log,
      round: (signal) => tellAudits({ database, store: adminActs, auth }, signal),
    }),
  );
  const erasures = started.use(
    startRounds({
      name: "following erasures",
      everyMs: every.erasures,
      log,
      round: (signal) => followErasures(needs, signal),
    }),
  );
  // The bell may get lost: the clock makes up for it.
  started.use(bus.subscribe("auth.erased", () => erasures.ring()));
  started.use(bus.onGap(() => erasures.ring()));
  return started;
}
