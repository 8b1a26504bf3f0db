import type { ChatEvent, Heartbeat, Hello } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { ResumeState } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { SubscribeToChatEventsResponse } from "#gen/veza/chat/v1/chat_service_pb.ts";
import type { Cursors } from "./cursors.ts";
import { problemOf } from "./errors.ts";
import type { FollowOptions } from "./follow.ts";
import type { FollowCut } from "./follow-end.ts";
import type { Network } from "./network.ts";
import type { Timers } from "./timers.ts";

/** The service gives a sign of life this often. */
const HEARTBEAT_MS = 15_000;
/** Silence for this long means that the connection is dead, even if nobody said so. */
const SILENCE_MS = 2.5 * HEARTBEAT_MS;

interface OnceOptions extends Omit<FollowOptions, "cursors"> {
  readonly timers: Timers;
  readonly network: Network;
  /** Moved along with what is seen. */
  readonly cursors: Cursors;
  /** Where a room's cursor stood when its last hole was found; outlives connections. */
  readonly mendedHoles: Map<string, bigint>;
  /** Nothing is missing any more. Called at most once. */
  onLive(): void;
}

/** Follows over one connection until that is over, and says why. */
export async function followOnce(options: OnceOptions): Promise<FollowCut> {
  const { client, roomIds = [], cursors, signal, timers, network } = options;
  if (signal.aborted) return { kind: "stopped" };

  const connection = new AbortController();
  let ownCut: FollowCut | undefined;
  const breakOff = (cut: FollowCut) => {
    ownCut ??= cut;
    connection.abort();
  };
  let lastFrameAt = timers.now();
  const stop = () => breakOff({ kind: "stopped" });
  signal.addEventListener("abort", stop);
  const sleep = network.onWake((cause) => {
    const missedHeartbeat = timers.now() - lastFrameAt > 1.2 * HEARTBEAT_MS;
    if (cause === "online" || missedHeartbeat) breakOff({ kind: "woken" });
  });

  const read = createReader(options);
  const request = { roomIds: [...roomIds], cursors: cursors.toRequest() };
  const frames = client.subscribeToChatEvents(request, { signal: connection.signal })[Symbol.asyncIterator]();
  try {
    for (;;) {
      const cancelWatch = timers.after(SILENCE_MS, () => breakOff({ kind: "silent" }));
      const next = await frames.next().then(
        (result): IteratorResult<SubscribeToChatEventsResponse, FollowCut> =>
          result.done ? { done: true, value: { kind: "closed", closing: undefined } } : result,
        (thrown) => ({ done: true, value: { kind: "failed", problem: problemOf(thrown) } }) as const,
      );
      cancelWatch();
      lastFrameAt = timers.now();
      if (ownCut !== undefined) return ownCut;
      if (next.done) return next.value;
      const cut = await read(next.value.frame);
      if (ownCut !== undefined) return ownCut;
      if (cut !== undefined) return cut;
    }
  } finally {
    sleep();
    signal.removeEventListener("abort", stop);
    connection.abort();
  }
}

type Frame = SubscribeToChatEventsResponse["frame"];

/** Takes one connection's frames in their order; answers why the connection cannot go on, if so. */
function createReader(options: OnceOptions): (frame: Frame) => Promise<FollowCut | undefined> {
  const { cursors, mendedHoles } = options;
  const behind = new Set<string>();
  const announcedHeads = new Map<string, bigint>();
  let live = false;

  function becomeLiveIfCaughtUp(): void {
    if (live || behind.size > 0) return;
    live = true;
    options.onLive();
  }

  /** False when the room could not be read: then the connection is of no use, and the next one asks again. */
  async function snapshot(roomId: string, head: bigint): Promise<boolean> {
    try {
      await options.onSnapshot(roomId, head);
    } catch {
      return false;
    }
    cursors.set(roomId, head);
    return true;
  }

  async function readHello({ rooms }: Hello): Promise<FollowCut | undefined> {
    cursors.keepOnly(rooms.map(({ roomId }) => roomId));
    for (const { roomId, headSequence, state } of rooms) {
      const seen = cursors.get(roomId);
      if (state === ResumeState.SNAPSHOT_REQUIRED) {
        if (!(await snapshot(roomId, headSequence))) return HOLE;
      } else if (seen === undefined) {
        cursors.set(roomId, headSequence);
      } else if (seen < headSequence) {
        behind.add(roomId);
      }
    }
    becomeLiveIfCaughtUp();
    return undefined;
  }

  async function readEvent(event: ChatEvent): Promise<FollowCut | undefined> {
    const { roomId, sequence } = event;
    switch (cursors.judge(roomId, sequence)) {
      case "seen":
        return undefined;
      case "next":
        options.onEvent(event);
        cursors.set(roomId, sequence);
        return undefined;
      case "hole": {
        const at = cursors.get(roomId) as bigint;
        // A hole that a new connection did not fill cannot be filled: the room has to be read afresh.
        if (mendedHoles.get(roomId) === at) return (await snapshot(roomId, sequence)) ? undefined : HOLE;
        mendedHoles.set(roomId, at);
        return HOLE;
      }
    }
  }

  function readCaughtUp(roomId: string, sequence: bigint): FollowCut | undefined {
    const seen = cursors.get(roomId);
    if (seen === undefined) cursors.set(roomId, sequence);
    else if (seen < sequence) return HOLE;
    behind.delete(roomId);
    becomeLiveIfCaughtUp();
    return undefined;
  }

  /** A head that was announced one heartbeat ago has had its time to arrive: if it has not, it got lost. */
  function readHeartbeat({ rooms }: Heartbeat): FollowCut | undefined {
    for (const { roomId, headSequence } of rooms) {
      const seen = cursors.get(roomId);
      const announced = announcedHeads.get(roomId);
      if (seen !== undefined && announced !== undefined && seen < announced && !behind.has(roomId)) return HOLE;
      announcedHeads.set(roomId, headSequence);
    }
    return undefined;
  }

  return async (frame) => {
    switch (frame.case) {
      case "hello":
        return readHello(frame.value);
      case "event":
        return readEvent(frame.value);
      case "signal":
        options.onSignal?.(frame.value);
        return undefined;
      case "caughtUp":
        return readCaughtUp(frame.value.roomId, frame.value.sequence);
      case "heartbeat":
        return readHeartbeat(frame.value);
      case "closing":
        return { kind: "closed", closing: frame.value };
      case undefined:
        // A frame that this version of the contract does not know.
        return undefined;
    }
  };
}

const HOLE: FollowCut = { kind: "hole" };
