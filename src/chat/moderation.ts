import { LeaveReason } from "#gen/veza/chat/v1/chat_event_pb.ts";
import { SanctionKind } from "#gen/veza/chat/v1/moderation_pb.ts";
import { MemberRole } from "#gen/veza/chat/v1/room_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database, Queries } from "../platform/database/database.ts";
import { newId, type RoomId, type SanctionId, type UserId } from "../platform/ids.ts";
import type { AuthPeer } from "../platform/peers/peers.ts";
import { loadAccess, requireActive, requireModerate, requireRank } from "./access.ts";
import { memberNotFound, sanctionNotFound, selfSanction, userNotFound } from "./errors.ts";
import type { ChatWrite, ChatWrites } from "./events/event-log.ts";
import { sanctionImposed, sanctionLifted } from "./facts.ts";
import { roomKey } from "./keys.ts";
import type { Memberships } from "./memberships.ts";
import type { ErasureStore } from "./store/erasure-store.ts";
import type { Member, MemberStore } from "./store/member-store.ts";
import type { LogEntry, LoggedAction, ModerationLog } from "./store/moderation-log.ts";
import { holds, type Sanction, type SanctionStore } from "./store/sanction-store.ts";
import type { ChatTables } from "./tables.ts";

/** On whom a moderator acts, where. */
export interface Target {
  readonly roomId: RoomId;
  readonly userId: UserId;
}

export interface Sentence {
  readonly reason: string;
  /** Undefined for good. */
  readonly durationMs: number | undefined;
}

/** What moderators do to users. Every act is an event of the room and an entry of its log, in one write. */
export interface Moderation {
  /** Stops a member from writing. */
  mute(caller: Principal, target: Target, sentence: Sentence): Promise<Sanction>;
  unmute(caller: Principal, target: Target): Promise<void>;
  /** Ends a membership. */
  kick(caller: Principal, target: Target, reason: string): Promise<void>;
  /** Ends a membership, where there is one, and keeps the user out. */
  ban(caller: Principal, target: Target, sentence: Sentence): Promise<Sanction>;
  unban(caller: Principal, target: Target): Promise<void>;
  /** The sanctions that hold now, the newest first, at most `limit`. */
  sanctions(
    caller: Principal,
    roomId: RoomId,
    page: { before: SanctionId | undefined; limit: number },
  ): Promise<Sanction[]>;
  /** What moderators did, the newest first, at most `limit`. */
  log(caller: Principal, roomId: RoomId, page: { before: string | undefined; limit: number }): Promise<LogEntry[]>;
}

export function createModeration(needs: {
  database: Database<ChatTables>;
  writes: ChatWrites;
  clock: Clock;
  members: MemberStore;
  memberships: Memberships;
  sanctions: SanctionStore;
  log: ModerationLog;
  erasures: ErasureStore;
  auth: () => AuthPeer;
}): Moderation {
  const { database, writes, clock, members, memberships, sanctions, log, erasures, auth } = needs;

  /** Throws unless the caller may act on the target. Returns the target's membership, undefined for no member. */
  async function authorize(
    tx: Queries<ChatTables>,
    caller: Principal,
    { roomId, userId }: Target,
    now: number,
  ): Promise<Member | undefined> {
    const access = await loadAccess(tx, caller, roomId, now);
    requireModerate(access);
    requireActive(access);
    if (userId === caller.userId) throw selfSanction();
    const member = await members.find(tx, roomId, userId);
    requireRank(access, member?.role ?? MemberRole.UNSPECIFIED);
    return member;
  }

  /** Imposes a sanction and tells of it; the same sentence for good a second time changes nothing. */
  async function impose(
    { tx, append }: ChatWrite,
    wanted: Omit<Sanction, "id" | "createdAt" | "expiresAt">,
    action: LoggedAction,
    { durationMs }: Sentence,
    at: number,
  ): Promise<Sanction> {
    const { roomId, userId, kind, reason, createdBy } = wanted;
    const present = await sanctions.find(tx, roomId, userId, kind);
    const isSame = present?.expiresAt === null && durationMs === undefined && present.reason === reason;
    if (isSame && present.createdBy === createdBy) return present;
    const expiresAt = durationMs === undefined ? null : at + durationMs;
    const sanction: Sanction = { ...wanted, id: newId(), createdAt: at, expiresAt };
    await sanctions.put(tx, sanction);
    await append({ roomId, actorId: createdBy, at, payload: sanctionImposed(sanction) });
    await log.add(tx, { roomId, actorId: createdBy, targetUserId: userId, action, reason, at });
    return sanction;
  }

  async function lift(
    { tx, append }: ChatWrite,
    caller: Principal,
    sanction: Sanction,
    action: LoggedAction,
    at: number,
  ): Promise<void> {
    const { roomId, userId: targetUserId } = sanction;
    const actorId = caller.userId;
    await sanctions.remove(tx, sanction.id);
    await append({ roomId, actorId, at, payload: sanctionLifted(sanction) });
    await log.add(tx, { roomId, actorId, targetUserId, action, reason: "", at });
  }

  async function inForce(tx: Queries<ChatTables>, { roomId, userId }: Target, kind: SanctionKind, now: number) {
    const found = await sanctions.find(tx, roomId, userId, kind);
    return found !== undefined && holds(found, now) ? found : undefined;
  }

  return {
    mute: (caller, target, sentence) =>
      writes.about([roomKey(target.roomId)], async (write) => {
        const at = clock.now();
        const member = await authorize(write.tx, caller, target, at);
        if (member === undefined) throw memberNotFound();
        const { username } = member;
        const { reason } = sentence;
        const wanted = { ...target, username, kind: SanctionKind.MUTE, reason, createdBy: caller.userId };
        return impose(write, wanted, "mute", sentence, at);
      }),

    unmute: (caller, target) =>
      writes.about([roomKey(target.roomId)], async (write) => {
        const at = clock.now();
        const member = await authorize(write.tx, caller, target, at);
        // A mute outlives the membership, so that leaving does not shake it off.
        const mute = await inForce(write.tx, target, SanctionKind.MUTE, at);
        if (mute === undefined) throw member === undefined ? memberNotFound() : sanctionNotFound();
        await lift(write, caller, mute, "unmute", at);
      }),

    kick: (caller, target, reason) =>
      writes.about([roomKey(target.roomId)], async (write) => {
        const at = clock.now();
        const member = await authorize(write.tx, caller, target, at);
        if (member === undefined) throw memberNotFound();
        const { roomId, userId: targetUserId } = target;
        const actorId = caller.userId;
        await memberships.end(write, member, { reason: LeaveReason.KICKED, actorId, at });
        await log.add(write.tx, { roomId, actorId, targetUserId, action: "kick", reason, at });
      }),

    async ban(caller, target, sentence) {
      // Asked before the write: others wait for that, and must not wait for another service.
      const [account] = await auth().accounts([target.userId]);
      return writes.about([roomKey(target.roomId)], async (write) => {
        const at = clock.now();
        const member = await authorize(write.tx, caller, target, at);
        const username = member?.username ?? account?.username;
        if (username === undefined || (await erasures.isMarked(write.tx, target.userId))) throw userNotFound();
        const actorId = caller.userId;
        if (member !== undefined) {
          await memberships.end(write, member, { reason: LeaveReason.BANNED, actorId, at });
        }
        const { reason } = sentence;
        const wanted = { ...target, username, kind: SanctionKind.BAN, reason, createdBy: actorId };
        return impose(write, wanted, "ban", sentence, at);
      });
    },

    unban: (caller, target) =>
      writes.about([roomKey(target.roomId)], async (write) => {
        const at = clock.now();
        // Nobody who is banned is a member, so there is no rank to ask for; and an archived room can still be read.
        requireModerate(await loadAccess(write.tx, caller, target.roomId, at));
        const ban = await inForce(write.tx, target, SanctionKind.BAN, at);
        if (ban === undefined) throw sanctionNotFound();
        await lift(write, caller, ban, "unban", at);
      }),

    async sanctions(caller, roomId, page) {
      const now = clock.now();
      requireModerate(await loadAccess(database.read, caller, roomId, now));
      return sanctions.list(database.read, roomId, page, now);
    },

    async log(caller, roomId, page) {
      requireModerate(await loadAccess(database.read, caller, roomId, clock.now()));
      return log.list(database.read, roomId, page);
    },
  };
}
