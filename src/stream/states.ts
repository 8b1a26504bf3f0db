import { StreamStatus } from "#gen/veza/stream/v1/stream_pb.ts";
import { wrongStreamState } from "./errors.ts";

/**
 * What can be done to a stream, or with it, as far as its state decides. A source broadcasts, which starts a new stream; it
 * returns when the stream ended only because no source was left.
 */
export const steps = [
  "start",
  "stop",
  "pause",
  "resume",
  "fail",
  "delete",
  "broadcast",
  "return",
  "listen",
  "record",
] as const;
export type Step = (typeof steps)[number];

const { CREATED, LIVE, PAUSED, ENDED, ERROR } = StreamStatus;

/** The states that a stream can be in. */
export const statuses = [CREATED, LIVE, PAUSED, ENDED, ERROR] as const;
export type Status = (typeof statuses)[number];

const no = undefined;

/** The moves: where each step leads from each state. The same state again: there is nothing to do. `no`: refused. */
// biome-ignore format: a table is read in columns
const moves: Readonly<Record<Status, readonly (Status | undefined)[]>> = {
  //          start   stop   pause   resume fail   delete   broadcast return  listen   record
  [CREATED]: [LIVE,   ENDED, no,     no,    no,    CREATED, LIVE,     LIVE,   CREATED, no    ],
  [LIVE]:    [LIVE,   ENDED, PAUSED, LIVE,  ERROR, no,      LIVE,     LIVE,   LIVE,    LIVE  ],
  [PAUSED]:  [PAUSED, ENDED, PAUSED, LIVE,  ERROR, no,      PAUSED,   PAUSED, PAUSED,  PAUSED],
  [ENDED]:   [LIVE,   ENDED, no,     no,    no,    ENDED,   no,       LIVE,   no,      no    ],
  [ERROR]:   [LIVE,   ERROR, no,     no,    no,    ERROR,   no,       no,     no,      no    ],
};

const words: Readonly<Record<Step, string>> = {
  start: "started",
  stop: "stopped",
  pause: "paused",
  resume: "resumed",
  fail: "taken off air",
  delete: "deleted",
  broadcast: "broadcast to",
  return: "broadcast to",
  listen: "listened to",
  record: "recorded",
};

/** Where a step leads; undefined when it is refused. */
export function moveOf(status: Status, step: Step): Status | undefined {
  return moves[status][steps.indexOf(step)];
}

/** Where a step leads. Throws WRONG_STREAM_STATE when it is refused. */
export function requireMove(status: Status, step: Step): Status {
  const next = moveOf(status, step);
  if (next === undefined) throw wrongStreamState(status, words[step]);
  return next;
}

/** Whether a stream in this state can sound. */
export function isOnAir(status: Status): boolean {
  return status === LIVE || status === PAUSED;
}
