import { describe, expect, it } from "vitest";
import { MemberRole, RoomType, RoomVisibility } from "#gen/veza/chat/v1/room_pb.ts";
import {
  type Action,
  actions,
  decide,
  isBelow,
  joinsByInvite,
  kindOf,
  type RoomKind,
  rankOf,
  type Standing,
  standingOf,
  type Verdict,
} from "#src/chat/permissions.ts";

/** What the contract says in prose, written down action by action rather than room by room. `*` stands for all others. */
const contract: Record<Action, Partial<Record<RoomKind, Partial<Record<Standing | "*", Verdict>>>>> = {
  // Anyone signed in sees listed rooms; hidden and private ones only who is in them; administrators all but direct ones.
  see: {
    public: { banned: "banned", "*": "yes" },
    premium: { banned: "banned", "*": "yes" },
    hidden: { stranger: "unseen", premium: "unseen", banned: "unseen", "*": "yes" },
    private: { stranger: "unseen", premium: "unseen", banned: "unseen", "*": "yes" },
    direct: { stranger: "unseen", premium: "unseen", banned: "unseen", accountAdmin: "unseen", "*": "yes" },
  },
  // As seeing, but a premium room shows what is said in it to premium accounts, members and administrators only.
  read: {
    public: { banned: "banned", "*": "yes" },
    premium: { banned: "banned", stranger: "premium", "*": "yes" },
    hidden: { stranger: "unseen", premium: "unseen", banned: "unseen", "*": "yes" },
    private: { stranger: "unseen", premium: "unseen", banned: "unseen", "*": "yes" },
    direct: { stranger: "unseen", premium: "unseen", banned: "unseen", accountAdmin: "unseen", "*": "yes" },
  },
  // Codes come on top of this: see joinsByInvite.
  join: {
    public: { banned: "banned", "*": "yes" },
    premium: { banned: "banned", stranger: "premium", "*": "yes" },
    hidden: { banned: "unseen", "*": "yes" },
    private: { banned: "unseen", "*": "yes" },
    direct: { stranger: "unseen", premium: "unseen", banned: "unseen", accountAdmin: "unseen", "*": "direct" },
  },
  // Who is no member may say so again.
  leave: {
    public: { "*": "yes" },
    premium: { "*": "yes" },
    hidden: { stranger: "unseen", premium: "unseen", banned: "unseen", "*": "yes" },
    private: { stranger: "unseen", premium: "unseen", banned: "unseen", "*": "yes" },
    direct: { stranger: "unseen", premium: "unseen", banned: "unseen", accountAdmin: "unseen", "*": "direct" },
  },
  // Only members write, whatever else they are.
  write: {
    public: { stranger: "outside", premium: "outside", accountAdmin: "outside", banned: "banned", "*": "yes" },
    premium: { stranger: "outside", premium: "outside", accountAdmin: "outside", banned: "banned", "*": "yes" },
    hidden: { stranger: "unseen", premium: "unseen", accountAdmin: "outside", banned: "unseen", "*": "yes" },
    private: { stranger: "unseen", premium: "unseen", accountAdmin: "outside", banned: "unseen", "*": "yes" },
    direct: { stranger: "unseen", premium: "unseen", accountAdmin: "unseen", banned: "unseen", "*": "yes" },
  },
  // What is said is reacted to by those who may answer it.
  react: {
    public: { stranger: "outside", premium: "outside", accountAdmin: "outside", banned: "banned", "*": "yes" },
    premium: { stranger: "outside", premium: "outside", accountAdmin: "outside", banned: "banned", "*": "yes" },
    hidden: { stranger: "unseen", premium: "unseen", accountAdmin: "outside", banned: "unseen", "*": "yes" },
    private: { stranger: "unseen", premium: "unseen", accountAdmin: "outside", banned: "unseen", "*": "yes" },
    direct: { stranger: "unseen", premium: "unseen", accountAdmin: "unseen", banned: "unseen", "*": "yes" },
  },
  // Only members have read up to somewhere.
  mark: {
    public: { stranger: "outside", premium: "outside", accountAdmin: "outside", banned: "banned", "*": "yes" },
    premium: { stranger: "outside", premium: "outside", accountAdmin: "outside", banned: "banned", "*": "yes" },
    hidden: { stranger: "unseen", premium: "unseen", accountAdmin: "outside", banned: "unseen", "*": "yes" },
    private: { stranger: "unseen", premium: "unseen", accountAdmin: "outside", banned: "unseen", "*": "yes" },
    direct: { stranger: "unseen", premium: "unseen", accountAdmin: "unseen", banned: "unseen", "*": "yes" },
  },
  // Any member of a PUBLIC or PREMIUM room, moderators of a PRIVATE one.
  invite: {
    public: { stranger: "outside", premium: "outside", banned: "banned", "*": "yes" },
    premium: { stranger: "outside", premium: "outside", banned: "banned", "*": "yes" },
    hidden: { stranger: "unseen", premium: "unseen", banned: "unseen", "*": "yes" },
    private: { stranger: "unseen", premium: "unseen", banned: "unseen", member: "role", "*": "yes" },
    direct: { stranger: "unseen", premium: "unseen", banned: "unseen", accountAdmin: "unseen", "*": "direct" },
  },
  // Moderators and above, and both who talk to each other.
  pin: {
    public: { stranger: "outside", premium: "outside", banned: "banned", member: "role", "*": "yes" },
    premium: { stranger: "outside", premium: "outside", banned: "banned", member: "role", "*": "yes" },
    hidden: { stranger: "unseen", premium: "unseen", banned: "unseen", member: "role", "*": "yes" },
    private: { stranger: "unseen", premium: "unseen", banned: "unseen", member: "role", "*": "yes" },
    direct: { stranger: "unseen", premium: "unseen", banned: "unseen", accountAdmin: "unseen", "*": "yes" },
  },
  // Moderators and above.
  moderate: {
    public: { stranger: "outside", premium: "outside", banned: "banned", member: "role", "*": "yes" },
    premium: { stranger: "outside", premium: "outside", banned: "banned", member: "role", "*": "yes" },
    hidden: { stranger: "unseen", premium: "unseen", banned: "unseen", member: "role", "*": "yes" },
    private: { stranger: "unseen", premium: "unseen", banned: "unseen", member: "role", "*": "yes" },
    direct: { stranger: "unseen", premium: "unseen", banned: "unseen", accountAdmin: "unseen", "*": "direct" },
  },
  // Admins and above.
  manage: {
    public: {
      owner: "yes",
      admin: "yes",
      accountAdmin: "yes",
      moderator: "role",
      member: "role",
      banned: "banned",
      "*": "outside",
    },
    premium: {
      owner: "yes",
      admin: "yes",
      accountAdmin: "yes",
      moderator: "role",
      member: "role",
      banned: "banned",
      "*": "outside",
    },
    hidden: { owner: "yes", admin: "yes", accountAdmin: "yes", moderator: "role", member: "role", "*": "unseen" },
    private: { owner: "yes", admin: "yes", accountAdmin: "yes", moderator: "role", member: "role", "*": "unseen" },
    direct: { stranger: "unseen", premium: "unseen", banned: "unseen", accountAdmin: "unseen", "*": "direct" },
  },
  // The owner alone.
  own: {
    public: { owner: "yes", stranger: "outside", premium: "outside", banned: "banned", "*": "role" },
    premium: { owner: "yes", stranger: "outside", premium: "outside", banned: "banned", "*": "role" },
    hidden: { owner: "yes", stranger: "unseen", premium: "unseen", banned: "unseen", "*": "role" },
    private: { owner: "yes", stranger: "unseen", premium: "unseen", banned: "unseen", "*": "role" },
    direct: { stranger: "unseen", premium: "unseen", banned: "unseen", accountAdmin: "unseen", "*": "direct" },
  },
};

const kinds: RoomKind[] = ["public", "premium", "hidden", "private", "direct"];
const standings: Standing[] = [
  "owner",
  "admin",
  "moderator",
  "member",
  "accountAdmin",
  "premium",
  "stranger",
  "banned",
];

describe("who may do what with a room", () => {
  const cases = actions.flatMap((action) =>
    kinds.flatMap((kind) => standings.map((standing) => ({ action, kind, standing }))),
  );
  it.each(cases)("$action a $kind room as $standing", ({ action, kind, standing }) => {
    const rules = contract[action][kind];
    expect(decide(kind, standing, action)).toBe(rules?.[standing] ?? rules?.["*"]);
  });
});

describe("what kind of room it is", () => {
  it.each([
    [RoomType.PUBLIC, RoomVisibility.OPEN, "public", false],
    [RoomType.PUBLIC, RoomVisibility.INVITE_ONLY, "public", true],
    [RoomType.PUBLIC, RoomVisibility.HIDDEN, "hidden", true],
    [RoomType.PREMIUM, RoomVisibility.OPEN, "premium", false],
    [RoomType.PREMIUM, RoomVisibility.HIDDEN, "hidden", true],
    [RoomType.PRIVATE, RoomVisibility.INVITE_ONLY, "private", true],
    [RoomType.PRIVATE, RoomVisibility.HIDDEN, "private", true],
    [RoomType.DIRECT, RoomVisibility.HIDDEN, "direct", true],
  ])("type %i, visibility %i is %s", (type, visibility, kind, byInvite) => {
    expect(kindOf({ type, visibility })).toBe(kind);
    expect(joinsByInvite({ visibility })).toBe(byInvite);
  });
});

describe("what somebody is to a room", () => {
  it.each([
    [undefined, "user", false, "stranger"],
    [undefined, "premium", false, "premium"],
    [undefined, "admin", false, "accountAdmin"],
    [undefined, "user", true, "banned"],
    [undefined, "premium", true, "banned"],
    [undefined, "admin", true, "accountAdmin"],
    [MemberRole.MEMBER, "user", false, "member"],
    [MemberRole.MEMBER, "premium", false, "member"],
    [MemberRole.MEMBER, "admin", false, "admin"],
    [MemberRole.MODERATOR, "user", false, "moderator"],
    [MemberRole.ADMIN, "user", false, "admin"],
    [MemberRole.OWNER, "user", false, "owner"],
    [MemberRole.OWNER, "admin", false, "owner"],
  ] as const)("role %s of a %s account, banned %s, is %s", (role, account, isBanned, standing) => {
    expect(standingOf({ role, account, isBanned })).toBe(standing);
  });

  it.each([
    [undefined, "user", MemberRole.UNSPECIFIED],
    [undefined, "admin", MemberRole.ADMIN],
    [MemberRole.MODERATOR, "user", MemberRole.MODERATOR],
    [MemberRole.MODERATOR, "admin", MemberRole.ADMIN],
    [MemberRole.OWNER, "admin", MemberRole.OWNER],
  ] as const)("role %s of a %s account acts as %i", (role, account, rank) => {
    expect(rankOf(role, account)).toBe(rank);
  });

  it("roles act only on roles strictly below", () => {
    const roles = [MemberRole.UNSPECIFIED, MemberRole.MEMBER, MemberRole.MODERATOR, MemberRole.ADMIN, MemberRole.OWNER];
    const pairs = roles.flatMap((rank, r) => roles.map((target, t) => [isBelow(target, rank), t < r] as const));
    for (const [below, expected] of pairs) expect(below).toBe(expected);
  });
});
