import { limits } from "../platform/limits.ts";
import type { Log } from "../platform/log.ts";
import type { Requests } from "../platform/requests/requests.ts";
import { startRounds } from "../platform/rounds.ts";
import type { AdminActs } from "./admin-acts.ts";
import type { Audience } from "./audience.ts";
import { type ErasureNeeds, followErasures } from "./erasure.ts";
import type { Instances } from "./instances.ts";
import type { TakenEvents } from "./on-air.ts";
import type { Orphans } from "./orphans.ts";
import type { RecordingRecovery } from "./recording-recovery.ts";
import type { RoomsOfStreams } from "./rooms-of-streams.ts";
import type { StreamTables } from "./tables.ts";

export interface Background extends AsyncDisposable {
  /** Archives the rooms of streams that were deleted, soon. */
  tidyUp(): void;
}

/** What stream does without being asked. Disposing waits for what runs. */
export function startBackground(
  needs: ErasureNeeds & {
    log: Log;
    requests: Requests<StreamTables>;
    isShared: boolean;
    instances: Pick<Instances, "onGone" | "onReturned">;
    acts: AdminActs;
    onAir: Pick<TakenEvents, "endMissed">;
    orphans: Orphans;
    recovery: Pick<RecordingRecovery, "storeProgress" | "letGoOfLost">;
    audience: Pick<Audience, "sweep" | "store" | "recheck" | "reclaim">;
    rooms: Pick<RoomsOfStreams, "archiveForgotten">;
  },
): Background {
  const { bus, log, requests, audience, rooms, isShared, instances, acts, onAir, orphans, recovery } = needs;
  const started = new AsyncDisposableStack();
  const rounds = (name: string, everyMs: number, round: (signal: AbortSignal) => Promise<void>) =>
    started.use(startRounds({ name, everyMs, log, round }));

  rounds("forgetting old requests", limits.stream.requestSweepMs, (signal) => requests.sweep(signal));
  rounds("storing what was listened to", limits.stream.listeningStoredMs, () => audience.store());
  rounds("taking leave of idle listeners", limits.stream.listenerSweepMs, (signal) => audience.sweep(signal));
  // Alone, sources are waited for in the store only after a start: those of the process before.
  let isWaiting = true;
  rounds("ending streams whose source is gone", limits.stream.overdueSweepMs, async (signal) => {
    if (isWaiting || isShared) isWaiting = await orphans.endOverdue(signal);
    await onAir.endMissed(signal);
  });
  if (isShared) {
    const orphaned = rounds("taking over from processes that are gone", limits.stream.orphanSweepMs, () =>
      orphans.takeOver(),
    );
    started.use(instances.onGone(() => orphaned.ring()));
    started.use(
      instances.onReturned(() => {
        Promise.all([audience.reclaim(), recovery.letGoOfLost()]).catch((error: unknown) =>
          log.error({ err: error }, "finding out what is still this process's failed"),
        );
      }),
    );
    rounds("storing how far recordings are", limits.stream.listeningStoredMs, () => recovery.storeProgress());
  }
  const rechecking = rounds("rechecking who may hear streams", limits.stream.accessRecheckMs, () => audience.recheck());
  const tidying = rounds("archiving rooms of deleted streams", limits.stream.requestSweepMs, (signal) =>
    rooms.archiveForgotten(signal),
  );
  rounds("telling what administrators did", limits.stream.adminActsMs, (signal) => acts.tell(signal));
  const erasures = rounds("following erasures", limits.stream.erasureCheckMs, (signal) =>
    followErasures(needs, signal),
  );
  started.use(bus.subscribe("auth.erased", () => erasures.ring()));
  // Bells may get lost: the clock makes up for it, and sooner where it is known.
  started.use(bus.onGap(() => erasures.ring()));
  started.use(bus.onGap(() => rechecking.ring()));
  return {
    tidyUp: () => tidying.ring(),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
