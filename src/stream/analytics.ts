import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database } from "../platform/database/database.ts";
import type { ListenerId, StreamId, UserId } from "../platform/ids.ts";
import type { Access } from "./access.ts";
import type { Audience } from "./audience.ts";
import { adminOnly } from "./errors.ts";
import type { Call, InstanceCalls } from "./instance-calls.ts";
import type { LiveMetrics, LivePort } from "./live-port.ts";
import { mergedMetrics, silentMetrics } from "./metrics.ts";
import { addUp, type Numbers, type TimeWindow } from "./numbers.ts";
import type { ListenedSession, ListenerStore } from "./store/listener-store.ts";
import type { StreamTables } from "./tables.ts";

/** What listening adds up to, for people to look at. What each method throws is in the contract. */
export interface Analytics {
  /** `from` is the stream's making and `to` is now where they are undefined. */
  ofStream(
    caller: Principal,
    streamId: StreamId,
    time: { from: number | undefined; to: number | undefined },
  ): Promise<{ numbers: Numbers; window: TimeWindow }>;
  /** A user's sessions from before one, the latest first. */
  history(
    caller: Principal,
    userId: UserId,
    page: { before: ListenerId | undefined; limit: number },
  ): Promise<ListenedSession[]>;
  /** Undefined when nothing is known, as of a stream that is not on air. */
  metrics(caller: Principal, streamId: StreamId): Promise<LiveMetrics | undefined>;
}

/** What an instance measures of a stream; null when it does not sound there. */
const metricsCall: Call<{ streamId: StreamId }, LiveMetrics | null> = { name: "metrics" };

export function createAnalytics(needs: {
  database: Database<StreamTables>;
  clock: Clock;
  listeners: ListenerStore;
  access: Access;
  audience: Audience;
  calls: InstanceCalls;
  live: () => LivePort;
}): Analytics {
  const { database, clock, listeners, access, audience, calls, live } = needs;
  const { read } = database;
  calls.answer(metricsCall, async ({ streamId }) => live().metrics(streamId) ?? null);
  return {
    async ofStream(caller, streamId, time) {
      const { stream } = await access.require(caller, streamId, "manage");
      await audience.storeAll(streamId);
      const now = clock.now() + 1;
      const from = time.from ?? stream.createdAt;
      // What is to come is not known, and nobody is there yet.
      const to = Math.max(from, Math.min(time.to ?? now, now));
      const sessions = await listeners.sessionsIn(read, streamId, from, to);
      const numbers = addUp(sessions, await listeners.spansIn(read, streamId, from, to), { from, to });
      return { numbers, window: { from, to: time.to ?? to } };
    },
    async history(caller, userId, page) {
      if (userId !== caller.userId && caller.role !== "admin") throw adminOnly();
      const found = await listeners.historyOf(read, userId, page);
      return found.map((session) => {
        const listening = audience.attendance.listening(session.listener.id);
        if (listening === undefined) return session;
        const { listener } = session;
        const { listenMs, quality: actualQuality = listener.actualQuality } = listening;
        return { ...session, listener: { ...listener, listenMs: Math.round(listenMs), actualQuality } };
      });
    },
    async metrics(caller, streamId) {
      const { stream } = await access.load(caller, streamId);
      const found = [live().metrics(streamId), ...(await calls.askOthers(metricsCall, { streamId }))];
      return mergedMetrics(found.filter((each) => each !== undefined && each !== null)) ?? silentMetrics(stream);
    },
  };
}
