import { MemberRole, RoomType, RoomVisibility } from "#gen/veza/chat/v1/room_pb.ts";
import type { AccountRole } from "../platform/access/principal.ts";

/** What somebody is to a room, as far as rules tell them apart. The last four are not members. */
export type Standing = "owner" | "admin" | "moderator" | "member" | "accountAdmin" | "premium" | "stranger" | "banned";

/** How far a room is open, as far as rules tell it apart. */
export type RoomKind = "public" | "premium" | "hidden" | "private" | "direct";

/**
 * What can be done with a room: see that it is there, read it, join it (a code may be asked for on top), leave it,
 * write in it, react to what is said there, mark how far it was read, invite others, pin messages, moderate others,
 * manage it (settings, roles, invites of others), own it (archive it).
 */
export const actions = [
  "see",
  "read",
  "join",
  "leave",
  "write",
  "react",
  "mark",
  "invite",
  "pin",
  "moderate",
  "manage",
  "own",
] as const;
export type Action = (typeof actions)[number];

/** Allowed, or why not. */
export type Verdict = "yes" | "unseen" | "banned" | "outside" | "premium" | "role" | "direct";

const yes = "yes";
const none = "unseen";
const ban = "banned";
const out = "outside";
const prem = "premium";
const role = "role";
const dm = "direct";

/** The rules: a column for each of `actions`. */
// biome-ignore format: a table is read in columns
const rules: Readonly<Record<RoomKind, Readonly<Record<Standing, readonly Verdict[]>>>> = {
  public: {
    //             see   read  join  leave write react mark  invite pin  mod.  manage own
    owner:        [yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes ],
    admin:        [yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  role],
    moderator:    [yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  role, role],
    member:       [yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  role, role, role, role],
    accountAdmin: [yes,  yes,  yes,  yes,  out,  out,  out,  yes,  yes,  yes,  yes,  role],
    premium:      [yes,  yes,  yes,  yes,  out,  out,  out,  out,  out,  out,  out,  out ],
    stranger:     [yes,  yes,  yes,  yes,  out,  out,  out,  out,  out,  out,  out,  out ],
    banned:       [ban,  ban,  ban,  yes,  ban,  ban,  ban,  ban,  ban,  ban,  ban,  ban ],
  },
  premium: {
    owner:        [yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes ],
    admin:        [yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  role],
    moderator:    [yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  role, role],
    member:       [yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  role, role, role, role],
    accountAdmin: [yes,  yes,  yes,  yes,  out,  out,  out,  yes,  yes,  yes,  yes,  role],
    premium:      [yes,  yes,  yes,  yes,  out,  out,  out,  out,  out,  out,  out,  out ],
    stranger:     [yes,  prem, prem, yes,  out,  out,  out,  out,  out,  out,  out,  out ],
    banned:       [ban,  ban,  ban,  yes,  ban,  ban,  ban,  ban,  ban,  ban,  ban,  ban ],
  },
  // Who is no member cannot tell these two from rooms that do not exist, but for joining with a code.
  hidden: {
    owner:        [yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes ],
    admin:        [yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  role],
    moderator:    [yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  role, role],
    member:       [yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  role, role, role, role],
    accountAdmin: [yes,  yes,  yes,  yes,  out,  out,  out,  yes,  yes,  yes,  yes,  role],
    premium:      [none, none, yes,  none, none, none, none, none, none, none, none, none],
    stranger:     [none, none, yes,  none, none, none, none, none, none, none, none, none],
    banned:       [none, none, none, none, none, none, none, none, none, none, none, none],
  },
  private: {
    owner:        [yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes ],
    admin:        [yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  role],
    moderator:    [yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  role, role],
    member:       [yes,  yes,  yes,  yes,  yes,  yes,  yes,  role, role, role, role, role],
    accountAdmin: [yes,  yes,  yes,  yes,  out,  out,  out,  yes,  yes,  yes,  yes,  role],
    premium:      [none, none, yes,  none, none, none, none, none, none, none, none, none],
    stranger:     [none, none, yes,  none, none, none, none, none, none, none, none, none],
    banned:       [none, none, none, none, none, none, none, none, none, none, none, none],
  },
  // Its two members are equals; nobody else knows of it, whoever they are.
  direct: {
    owner:        [yes,  yes,  dm,   dm,   yes,  yes,  yes,  dm,   yes,  dm,   dm,   dm  ],
    admin:        [yes,  yes,  dm,   dm,   yes,  yes,  yes,  dm,   yes,  dm,   dm,   dm  ],
    moderator:    [yes,  yes,  dm,   dm,   yes,  yes,  yes,  dm,   yes,  dm,   dm,   dm  ],
    member:       [yes,  yes,  dm,   dm,   yes,  yes,  yes,  dm,   yes,  dm,   dm,   dm  ],
    accountAdmin: [none, none, none, none, none, none, none, none, none, none, none, none],
    premium:      [none, none, none, none, none, none, none, none, none, none, none, none],
    stranger:     [none, none, none, none, none, none, none, none, none, none, none, none],
    banned:       [none, none, none, none, none, none, none, none, none, none, none, none],
  },
};

/** Whether somebody of this standing may do this with a room of this kind. */
export function decide(kind: RoomKind, standing: Standing, action: Action): Verdict {
  return rules[kind][standing][actions.indexOf(action)] as Verdict;
}

/** What kind of room this is to the rules. */
export function kindOf(room: { type: RoomType; visibility: RoomVisibility }): RoomKind {
  if (room.type === RoomType.DIRECT) return "direct";
  if (room.type === RoomType.PRIVATE) return "private";
  if (room.visibility === RoomVisibility.HIDDEN) return "hidden";
  return room.type === RoomType.PREMIUM ? "premium" : "public";
}

/** Whether joining takes a code. */
export function joinsByInvite(room: { visibility: RoomVisibility }): boolean {
  return room.visibility !== RoomVisibility.OPEN;
}

/** Whether only accounts with the premium role, and administrators, may join. */
export function joinsByPremium(room: { type: RoomType }, account: AccountRole): boolean {
  return room.type === RoomType.PREMIUM && account === "user";
}

/**
 * The role that somebody acts with: their own in the room, at least ADMIN for an administrator of the service.
 * UNSPECIFIED for who has none.
 */
export function rankOf(role: MemberRole | undefined, account: AccountRole): MemberRole {
  const own = role ?? MemberRole.UNSPECIFIED;
  return account === "admin" && own < MemberRole.ADMIN ? MemberRole.ADMIN : own;
}

const inside: ReadonlyMap<MemberRole, Standing> = new Map([
  [MemberRole.MEMBER, "member"],
  [MemberRole.MODERATOR, "moderator"],
  [MemberRole.ADMIN, "admin"],
  [MemberRole.OWNER, "owner"],
]);
const outside: Readonly<Record<AccountRole, Standing>> = {
  user: "stranger",
  premium: "premium",
  admin: "accountAdmin",
};

/** What somebody is to a room. A ban does not hold an administrator of the service: nobody locks them out. */
export function standingOf(who: { role: MemberRole | undefined; account: AccountRole; isBanned: boolean }): Standing {
  if (who.isBanned && who.account !== "admin") return "banned";
  if (who.role === undefined) return outside[who.account];
  // A role of a later version than this one counts for the least.
  return inside.get(rankOf(who.role, who.account)) ?? "member";
}

/** Roles act only on roles below themselves. */
export function isBelow(target: MemberRole, rank: MemberRole): boolean {
  return target < rank;
}
