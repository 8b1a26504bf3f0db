import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type ChatEvent,
  ChatEventSchema,
  type ChatSignal,
  ChatSignalSchema,
  CloseReason,
} from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { SubscribeToChatEventsRequest } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { Principal } from "../../platform/access/principal.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import { Failure, Reason } from "../../platform/failure.ts";
import type { RoomId, UserId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import { createRoundRobin } from "../../platform/round-robin.ts";
import type { Metrics } from "../../platform/telemetry/metrics.ts";
import { createEventFeeds } from "../../rpc/event-feed/event-feeds.ts";
import type { PushSink } from "../../rpc/push-stream.ts";
import type { Attendance } from "../online.ts";
import { isSeen } from "../presence/sight.ts";
import { membershipChange, onReopened, onUserBell, roomSubject, type UserBell } from "./bells.ts";
import type { EventStore } from "./event-store.ts";
import { type Ending, Follower, type RoomFeed } from "./follower.ts";
import { roomEventForm, roomSignalForm } from "./frames.ts";
import { PresenceFrame } from "./presence-frame.ts";
import { rewritesThePast } from "./rewrites.ts";

/** Who may follow which rooms, as the rest of chat decides it. */
export interface FollowRules {
  /** Throws a Failure for a room that the caller may not read. */
  requireReadable(caller: Principal, roomIds: readonly RoomId[]): Promise<void>;
  /** Of these rooms, those that the caller may read now. */
  stillReadable(caller: Principal, roomIds: readonly RoomId[]): Promise<Set<RoomId>>;
  /** Whom a user has blocked. */
  blockedBy(userId: UserId): Promise<readonly UserId[]>;
}

export interface Following extends Disposable {
  /**
   * Streams events to one caller until the sink closes or the signal is aborted, and says goodbye then. Resolves once
   * the stream runs. Throws ROOM_NOT_READABLE or LIMIT_REACHED before that.
   */
  follow(caller: Principal, request: SubscribeToChatEventsRequest, signal: AbortSignal, sink: PushSink): Promise<void>;
  /**
   * Tells those who follow a room here, and may see it, of a member of the room who has blocked some; other processes
   * do not hear of it.
   */
  tellPresence(roomId: RoomId, signal: ChatSignal, about: UserId, blocked: ReadonlySet<UserId>): void;
}

export function createFollowing(needs: {
  bus: Bus;
  store: EventStore;
  rules: FollowRules;
  attendance: Attendance;
  clock: Clock;
  log: Log;
  metrics: Metrics;
}): Following {
  const { bus, store, rules, attendance, clock, log, metrics } = needs;
  const feeds = createEventFeeds<RoomId>({
    bus,
    log,
    metrics,
    name: "chat",
    subject: roomSubject,
    ranges: (ids) => store.ranges(ids),
    source: (roomId) => ({
      events: roomEventForm,
      signals: roomSignalForm,
      after: (sequence, limit) => store.after(roomId, sequence, limit),
      rewritesThePast: (body) => rewritesThePast(fromBinary(ChatEventSchema, body)),
      onMissed: (_, body) => hearMissed(fromBinary(ChatEventSchema, body)),
    }),
  });
  const streams = new Map<UserId, number>();
  const heartbeats = createRoundRobin(limits.follow.heartbeatMs);
  const rechecks = createRoundRobin(limits.follow.membershipRecheckMs);
  const gap = bus.onGap(() => rechecks.hurry(limits.follow.gapRecheckMs));
  /** What each open stream does about a room that others may read than before. */
  const onRoomReopened = new Set<(roomId: RoomId) => void>();
  const lookAtReopened = (roomId: RoomId): void => {
    for (const look of [...onRoomReopened]) look(roomId);
  };
  const reopened = onReopened(bus, lookAtReopened);
  /** What each open stream does about a bell of membership, by user. */
  const onMembership = new Map<UserId, Set<(bell: UserBell) => void>>();

  /** What an event says of who may follow holds before the next event is passed on, whether its bells come or not. */
  function hearMissed(event: ChatEvent): void {
    const change = membershipChange(event);
    if (change !== undefined) for (const hear of [...(onMembership.get(change.userId) ?? [])]) hear(change.bell);
    if (event.payload.case === "roomUpdated") lookAtReopened(event.roomId as RoomId);
  }

  function hearHere(userId: UserId, hear: (bell: UserBell) => void): Disposable {
    const here = onMembership.get(userId) ?? new Set();
    onMembership.set(userId, here.add(hear));
    return {
      [Symbol.dispose]() {
        here.delete(hear);
        if (here.size === 0) onMembership.delete(userId);
      },
    };
  }

  function countStream(userId: UserId): Disposable {
    const open = streams.get(userId) ?? 0;
    if (open >= limits.follow.streamsPerUser) {
      throw new Failure(Reason.LIMIT_REACHED, {
        sentence: `you follow events in ${limits.follow.streamsPerUser} places already: close one first`,
      });
    }
    streams.set(userId, open + 1);
    return {
      [Symbol.dispose]() {
        const left = (streams.get(userId) ?? 1) - 1;
        if (left === 0) streams.delete(userId);
        else streams.set(userId, left);
      },
    };
  }

  /** The rooms that the caller is a member of, and those to follow: the same, unless some were asked for. */
  async function roomsToFollow(caller: Principal, asked: readonly RoomId[]) {
    if (asked.length > 0) await rules.requireReadable(caller, asked);
    const joined = await store.roomsOf(caller.userId, limits.follow.roomsPerStream);
    return { joined: new Set(joined), followed: asked.length > 0 ? asked : joined };
  }

  return {
    tellPresence(roomId, signal, about, blocked) {
      feeds.get(roomId)?.pass(new PresenceFrame(toBinary(ChatSignalSchema, signal), about, blocked));
    },

    async follow(caller, request, signal, sink) {
      using cleanup = new DisposableStack();
      cleanup.use(countStream(caller.userId));
      const named = request.roomIds as RoomId[];
      const followsAll = named.length === 0;
      const cursors = new Map(request.cursors.map((cursor) => [cursor.roomId, Number(cursor.afterSequence)]));

      // Bells of membership first, the memberships second: a change in between rings, and is not lost.
      const early: UserBell[] = [];
      let onBell = (bell: UserBell): void => void early.push(bell);
      let onSignal = (_body: Uint8Array): void => {
        // The rooms are read after this: what passed before is in them.
      };
      cleanup.use(
        onUserBell(bus, caller.userId, { onBell: (bell) => onBell(bell), onSignal: (body) => onSignal(body) }),
      );
      cleanup.use(hearHere(caller.userId, (bell) => onBell(bell)));
      await bus.listening();

      const { joined, followed } = await roomsToFollow(caller, named);
      const blocked = await rules.blockedBy(caller.userId);
      const acquired = await feeds.acquire(followed);
      if (signal.aborted) {
        for (const feed of acquired.values()) feeds.release(feed);
        throw signal.reason;
      }
      const attending = cleanup.use(attendance.attend(caller, blocked));
      const open = cleanup.move();
      const follower = new Follower(sink, {
        metrics: feeds.metrics,
        sees: (roomId, { about, blocked }) =>
          isSeen({
            isSelf: about === caller.userId,
            sharesRoom: joined.has(roomId),
            isApart: blocked.has(caller.userId) || attending.hasBlocked(about),
          }),
        onDropped(feed) {
          // A stream that is over is left as a whole: who comes back at once has never left a room.
          if (joined.delete(feed.id) && !follower.isOver) attending.left(feed.id);
          feeds.release(feed);
          // After this turn: the follower may be in the middle of its work.
          queueMicrotask(() => {
            if (!followsAll) comeBack(feed.id).catch((error: unknown) => follower.fail(error));
          });
        },
      });
      /** The numbers of the events that ended memberships: where a room that may still be read goes on. */
      const leftAt = new Map<RoomId, number>();

      /** Who named a room and left it may still read it when it is public. Who may not, and has no other room, is done. */
      async function comeBack(roomId: RoomId): Promise<void> {
        if (follower.isOver) return;
        const readable = await rules.stillReadable(caller, [roomId]);
        if (readable.has(roomId)) await attach(roomId, leftAt.get(roomId) ?? Number.MAX_SAFE_INTEGER);
        else if (follower.roomCount === 0) follower.close({ reason: CloseReason.NO_ROOMS_LEFT, resumable: false });
      }

      /** Rooms just joined whose feeds are being opened, with the bells that rang since: who joins may leave at once. */
      const opening = new Map<RoomId, UserBell[]>();

      function isThere(roomId: RoomId): void {
        if (joined.has(roomId)) return;
        joined.add(roomId);
        attending.came(roomId);
      }
      async function join(roomId: RoomId, after: number): Promise<void> {
        if (!followsAll && !named.includes(roomId)) return;
        await attach(roomId, after, () => isThere(roomId));
      }
      async function attach(roomId: RoomId, after: number, attached?: () => void): Promise<void> {
        if (opening.has(roomId) || follower.follows(roomId)) return;
        if (follower.roomCount >= limits.follow.roomsPerStream) return;
        const meanwhile: UserBell[] = [];
        opening.set(roomId, meanwhile);
        let feed: RoomFeed | undefined;
        try {
          feed = (await feeds.acquire([roomId])).get(roomId);
        } finally {
          opening.delete(roomId);
        }
        if (feed === undefined) return;
        attached?.();
        follower.add(feed, after, meanwhile);
      }
      onBell = (bell) => {
        const { roomId, follows, sequence } = bell;
        if (!follows && !followsAll) leftAt.set(roomId, sequence);
        const waiting = opening.get(roomId);
        if (waiting !== undefined) {
          waiting.push(bell);
        } else if (follower.follows(roomId)) {
          if (follows) isThere(roomId);
          follower.hear(bell);
        } else if (follows) {
          join(roomId, sequence - 1).catch((error: unknown) => follower.fail(error));
        }
      };

      async function dropUnreadable(followed: readonly RoomId[]): Promise<void> {
        const readable = await rules.stillReadable(caller, followed);
        for (const roomId of followed) if (!readable.has(roomId)) follower.drop(roomId);
      }
      function lookAt(roomId: RoomId): void {
        if (follower.follows(roomId)) dropUnreadable([roomId]).catch((error: unknown) => follower.fail(error));
      }

      /** In case a bell was lost: what the caller may follow, according to the store. */
      async function recheckMembership(): Promise<void> {
        try {
          await dropUnreadable(follower.roomIds);
          if (!followsAll) return;
          for (const roomId of await store.roomsOf(caller.userId, limits.follow.roomsPerStream)) {
            if (!follower.follows(roomId)) await join(roomId, feeds.get(roomId)?.head ?? Number.MAX_SAFE_INTEGER);
          }
        } catch (error) {
          log.error({ err: error, user_id: caller.userId }, "rechecking what a follower may see failed");
        }
      }

      onSignal = (body) => follower.ownSignal(body);
      onRoomReopened.add(lookAt);
      const stopHeartbeat = heartbeats.add(() => follower.heartbeat());
      const stopRecheck = rechecks.add(() => void recheckMembership());
      const onAbort = (): void => {
        const ending = endingOf(signal.reason);
        if (ending === undefined) follower.fail(signal.reason);
        else follower.close(ending);
      };
      signal.addEventListener("abort", onAbort);
      sink.onClose(() => {
        stopHeartbeat();
        stopRecheck();
        onRoomReopened.delete(lookAt);
        signal.removeEventListener("abort", onAbort);
        open.dispose();
      });

      for (const roomId of joined) {
        if (acquired.has(roomId)) attending.came(roomId);
        else joined.delete(roomId);
      }
      follower.start(acquired.values(), { cursors, since: early, now: clock.now() });
      for (const bell of early) {
        if (!acquired.has(bell.roomId)) onBell(bell);
        else if (bell.follows && follower.follows(bell.roomId)) isThere(bell.roomId);
      }
    },

    [Symbol.dispose]() {
      heartbeats[Symbol.dispose]();
      rechecks[Symbol.dispose]();
      gap[Symbol.dispose]();
      reopened[Symbol.dispose]();
      feeds[Symbol.dispose]();
    },
  };
}

/** How a stream says goodbye for what ended it; undefined when it ends with that as an error. */
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
