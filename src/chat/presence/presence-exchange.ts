import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import { newId, type UserId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import type { Changes } from "./attendance.ts";
import type { PresentUser, PresentUsers } from "./present-users.ts";

const subject = "chat.presence";

/** What processes tell each other. `number` counts what a process has told: who misses one asks for all of it again. */
type Told =
  | { readonly from: string; readonly number: number; readonly changes: Changes }
  | { readonly from: string; readonly number: number; readonly everybody: readonly PresentUser[]; readonly part: Part }
  | { readonly from: string; readonly number: number }
  | { readonly ask: string }
  | { readonly look: UserId };

interface Part {
  /** From 0. */
  readonly index: number;
  readonly of: number;
}

interface Other {
  number: number;
  heardAt: number;
  /** Who was named in the parts so far, while everybody is told again. */
  named: Set<UserId>;
}

const everyone = "*";

/** Users in parts that each fit into a message; one part, of nobody, for none. */
function partsOf(users: readonly PresentUser[]): PresentUser[][] {
  const { usersAtOnce, messageNames } = limits.presence;
  const parts: PresentUser[][] = [];
  let names = Number.POSITIVE_INFINITY;
  for (const user of users) {
    const own = 1 + user.rooms.length + user.blocked.length;
    const last = parts.at(-1);
    if (last === undefined || last.length >= usersAtOnce || names + own > messageNames) {
      parts.push([user]);
      names = own;
    } else {
      last.push(user);
      names += own;
    }
  }
  return parts.length === 0 ? [[]] : parts;
}

/** Tells other processes who is seen at this one, and puts whom they tell of where everybody is. */
export interface PresenceExchange extends Disposable {
  tell(changes: Changes): void;
  /** Tells every process that a user wants to be seen differently, this one too. */
  tellToLook(userId: UserId): void;
}

/**
 * A process tells of its changes as they come, and now and then that it is still there; one that is silent for longer is
 * gone with its users. Who is new, or has missed something, asks and is told everybody once.
 */
export function createPresenceExchange(needs: {
  bus: Bus;
  clock: Clock;
  users: PresentUsers;
  onLook: (userId: UserId) => void;
}): PresenceExchange {
  const { bus, clock, users, onLook } = needs;
  const { aliveMs, silentMs } = limits.presence;
  const self = newId() as string;
  const mine = new Map<UserId, PresentUser>();
  const others = new Map<string, Other>();
  let number = 0;

  const publish = (told: Told): void => bus.publish(subject, Buffer.from(JSON.stringify(told)));

  function apply(process: string, { here, left, hidden }: Changes): void {
    for (const user of here) users.put(process, user);
    for (const userId of left) users.take(process, userId, "withGrace");
    for (const userId of hidden) users.take(process, userId, "atOnce");
  }

  function tellEverybody(): void {
    const parts = partsOf([...mine.values()]);
    for (const [index, everybody] of parts.entries()) {
      publish({ from: self, number, everybody, part: { index, of: parts.length } });
    }
  }

  function hear(told: Told): void {
    if ("look" in told) return onLook(told.look);
    if ("ask" in told) {
      if (told.ask === self || told.ask === everyone) tellEverybody();
      return;
    }
    const { from } = told;
    if (from === self) return;
    const known = others.get(from);
    const other = known ?? { number: -1, heardAt: 0, named: new Set<UserId>() };
    others.set(from, other);
    other.heardAt = clock.now();
    if ("everybody" in told) {
      if (told.part.index === 0) other.named = new Set();
      for (const user of told.everybody) {
        other.named.add(user.userId);
        users.put(from, user);
      }
      if (told.part.index < told.part.of - 1) return;
      for (const userId of users.usersAt(from)) if (!other.named.has(userId)) users.take(from, userId, "withGrace");
      other.number = told.number;
      return;
    }
    const expected = "changes" in told ? other.number + 1 : other.number;
    if ("changes" in told) apply(from, told.changes);
    const isComplete = known !== undefined && told.number === expected;
    other.number = told.number;
    if (!isComplete) publish({ ask: from });
  }

  function lookAround(): void {
    publish({ from: self, number });
    const silentSince = clock.now() - silentMs;
    for (const [process, { heardAt }] of others) {
      if (heardAt > silentSince) continue;
      others.delete(process);
      users.takeProcess(process);
    }
  }

  const heard = bus.subscribe(subject, (payload) => hear(JSON.parse(Buffer.from(payload).toString()) as Told));
  const gap = bus.onGap(() => publish({ ask: everyone }));
  const timer = setInterval(lookAround, aliveMs).unref();
  publish({ ask: everyone });

  return {
    tell(changes) {
      for (const user of changes.here) mine.set(user.userId, user);
      for (const userId of [...changes.left, ...changes.hidden]) mine.delete(userId);
      apply(self, changes);
      const [first = [], ...rest] = partsOf(changes.here);
      for (const part of [{ ...changes, here: first }, ...rest.map((here) => ({ here, left: [], hidden: [] }))]) {
        number += 1;
        publish({ from: self, number, changes: part });
      }
    },
    tellToLook: (userId) => publish({ look: userId }),
    [Symbol.dispose]() {
      clearInterval(timer);
      // Others need not wait until they miss this process.
      number += 1;
      publish({ from: self, number, changes: { here: [], left: [...mine.keys()], hidden: [] } });
      heard[Symbol.dispose]();
      gap[Symbol.dispose]();
    },
  };
}
