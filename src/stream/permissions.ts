import { StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";

/** What somebody is to a stream, as far as rules tell them apart. Members are those of its chat room. */
export const standings = ["streamer", "admin", "member", "user", "visitor"] as const;
export type Standing = (typeof standings)[number];

/**
 * What can be done with a stream: hear it (and see that it is there, follow it, see who listens), manage it (change,
 * start, stop, delete and record it, see its analytics), own it (broadcast, and get the stream key).
 */
export const actions = ["hear", "manage", "own"] as const;
export type Action = (typeof actions)[number];

/** Allowed, or why not. */
export type Verdict = "yes" | "unseen" | "notYours";

export type Visibility = (typeof StreamVisibility)["PUBLIC" | "UNLISTED" | "PRIVATE"];

const yes = "yes";
const none = "unseen";
const not = "notYours";
const { PUBLIC, UNLISTED, PRIVATE } = StreamVisibility;

/** The rules: a column for each of `actions`. */
// biome-ignore format: a table is read in columns
const rules: Readonly<Record<Visibility, Readonly<Record<Standing, readonly Verdict[]>>>> = {
  [PUBLIC]: {
    //         hear  manage own
    streamer: [yes,  yes,   yes ],
    admin:    [yes,  yes,   not ],
    member:   [yes,  not,   not ],
    user:     [yes,  not,   not ],
    visitor:  [yes,  not,   not ],
  },
  // Anyone signed in who knows its id.
  [UNLISTED]: {
    streamer: [yes,  yes,   yes ],
    admin:    [yes,  yes,   not ],
    member:   [yes,  not,   not ],
    user:     [yes,  not,   not ],
    visitor:  [none, none,  none],
  },
  [PRIVATE]: {
    streamer: [yes,  yes,   yes ],
    admin:    [yes,  yes,   not ],
    member:   [yes,  not,   not ],
    user:     [none, none,  none],
    visitor:  [none, none,  none],
  },
};

/** Whether somebody of this standing may do this with a stream of this visibility. */
export function decide(visibility: Visibility, standing: Standing, action: Action): Verdict {
  return rules[visibility][standing][actions.indexOf(action)] as Verdict;
}

/** Whether it takes asking chat who is a member: everywhere else members are like any user. */
export function asksForMembers(visibility: Visibility): boolean {
  return decide(visibility, "member", "hear") !== decide(visibility, "user", "hear");
}
