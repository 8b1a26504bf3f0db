import { CloseReason } from "#gen/veza/stream/v1/stream_event_pb.ts";
import type { SubscribeToStreamEventsRequest } from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { Principal } from "../../platform/access/principal.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import { Failure, Reason } from "../../platform/failure.ts";
import type { StreamId, UserId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import { createRoundRobin } from "../../platform/round-robin.ts";
import type { Metrics } from "../../platform/telemetry/metrics.ts";
import { createEventFeeds } from "../../rpc/event-feed/event-feeds.ts";
import type { PushSink } from "../../rpc/push-stream.ts";
import type { Access } from "../access.ts";
import { limitReached, streamNotFound } from "../errors.ts";
import type { ShowStream } from "../live-view.ts";
import type { EventStore } from "../store/event-store.ts";
import { type Ending, Follower } from "./follower.ts";
import { filterOf, streamEventForm } from "./frames.ts";
import { accessSubject, eventSubject, roomsOfUserSubject } from "./subjects.ts";

export interface Following extends Disposable {
  /**
   * Sends the events of a stream to one caller until the sink closes or the signal is aborted, and says goodbye then.
   * Resolves once they flow. Throws STREAM_NOT_FOUND or LIMIT_REACHED before that.
   */
  follow(
    caller: Principal,
    request: SubscribeToStreamEventsRequest,
    signal: AbortSignal,
    sink: PushSink,
  ): Promise<void>;
}

export function createFollowing(needs: {
  bus: Bus;
  store: EventStore;
  access: Access;
  show: ShowStream;
  clock: Clock;
  log: Log;
  metrics: Metrics;
}): Following {
  const { bus, store, access, show, clock, log, metrics } = needs;
  const followers = new Map<UserId, number>();
  const following = new Set<DisposableStack>();
  const heartbeats = createRoundRobin(limits.follow.heartbeatMs);
  const rechecks = createRoundRobin(limits.stream.accessRecheckMs);
  const gap = bus.onGap(() => rechecks.hurry(limits.follow.gapRecheckMs));
  const feeds = createEventFeeds<StreamId>({
    bus,
    log,
    metrics,
    name: "stream",
    subject: eventSubject,
    ranges: (ids) => store.ranges(ids),
    source: (streamId) => ({
      events: streamEventForm,
      after: (sequence, limit) => store.after(streamId, sequence, limit),
      // Erasures alone change earlier events, and ring for themselves.
      rewritesThePast: () => false,
    }),
  });

  function countFollower(userId: UserId): Disposable {
    const open = followers.get(userId) ?? 0;
    const limit = limits.follow.streamsPerUser;
    if (open >= limit) throw limitReached(`you follow streams in ${limit} places already: close one first`, limit);
    followers.set(userId, open + 1);
    return {
      [Symbol.dispose]() {
        const left = (followers.get(userId) ?? 1) - 1;
        if (left === 0) followers.delete(userId);
        else followers.set(userId, left);
      },
    };
  }

  return {
    async follow(caller, request, signal, sink) {
      using cleanup = new DisposableStack();
      cleanup.use(countFollower(caller.userId));
      const streamId = request.streamId as StreamId;
      await access.load(caller, streamId);

      const feed = (await feeds.acquire([streamId])).get(streamId);
      if (feed === undefined) throw streamNotFound();
      cleanup.defer(() => feeds.release(feed));
      if (signal.aborted) throw signal.reason;
      const follower = new Follower(feed, sink, feeds.metrics, filterOf(request.eventTypes));

      async function recheck(): Promise<void> {
        try {
          await access.load(caller, streamId);
        } catch (error) {
          // What could not be asked is no answer.
          if (error instanceof Failure && error.reason === Reason.STREAM_NOT_FOUND)
            follower.close({ reason: CloseReason.ACCESS_LOST, resumable: false });
          else log.error({ err: error, stream_id: streamId }, "rechecking who follows a stream failed");
        }
      }
      cleanup.use(bus.subscribe(accessSubject(streamId), () => void recheck()));
      cleanup.use(bus.subscribe(roomsOfUserSubject(caller.userId), () => void recheck()));
      cleanup.defer(heartbeats.add(() => follower.heartbeat()));
      // A bell may get lost.
      cleanup.defer(rechecks.add(() => void recheck()));
      const onAbort = (): void => {
        const ending = endingOf(signal.reason);
        if (ending === undefined) follower.fail(signal.reason);
        else follower.close(ending);
      };
      signal.addEventListener("abort", onAbort);
      cleanup.defer(() => signal.removeEventListener("abort", onAbort));
      const open = cleanup.move();
      following.add(open);
      sink.onClose(() => {
        following.delete(open);
        open.dispose();
      });

      await bus.listening();
      // What a stream is and the number of its last event come from one row, so that they fit each other.
      const { stream } = await access.load(caller, streamId);
      const range = { head: stream.headSequence, floor: stream.floorSequence };
      const after = request.afterSequence === undefined ? undefined : Number(request.afterSequence);
      follower.start(show(stream), range, after, clock.now());
    },

    [Symbol.dispose]() {
      gap[Symbol.dispose]();
      heartbeats[Symbol.dispose]();
      rechecks[Symbol.dispose]();
      for (const open of following) open.dispose();
      feeds[Symbol.dispose]();
    },
  };
}

/** How a stream of events says goodbye for what ended it; undefined when it ends with that as an error. */
function endingOf(reason: unknown): Ending | undefined {
  if (reason instanceof Failure) {
    switch (reason.reason) {
      case Reason.TOKEN_REVOKED:
        return { reason: CloseReason.SESSION_ENDED, resumable: false };
      case Reason.TOKEN_EXPIRED:
        return { reason: CloseReason.TOKEN_EXPIRED, resumable: true };
      case Reason.UNAVAILABLE:
        return { reason: CloseReason.SHUTDOWN, resumable: true };
    }
  }
  return undefined;
}
