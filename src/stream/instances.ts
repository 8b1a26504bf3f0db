import type { Database } from "../platform/database/database.ts";
import { type InstanceId, newId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import type { Log } from "../platform/log.ts";
import { startRounds } from "../platform/rounds.ts";
import type { InstanceStore } from "./store/instance-store.ts";
import type { StreamTables } from "./tables.ts";

/**
 * The processes that serve streams, this one among them. Each beats in the database; one whose beat stands still for
 * `limits.stream.instanceSilentMs` is taken for gone. Clocks are not compared: each looks with its own.
 */
export interface Instances extends AsyncDisposable {
  readonly id: InstanceId;
  /** Those that are running besides this one, as far as known. */
  others(): InstanceId[];
  /** Whether an instance is running, by what is stored right now. */
  isRunning(instance: InstanceId): Promise<boolean>;
  /** Calls back when others are gone, whoever found it out. What they held can be taken over. */
  onGone(listener: () => void): Disposable;
  /** Calls back when this one was taken for gone and is back: others may have taken what it held. */
  onReturned(listener: () => void): Disposable;
  /** Says that this one runs. To be called once, before anything is held in its name. */
  begin(): Promise<void>;
}

interface Seen {
  beat: number;
  /** When it was seen to have changed: steady milliseconds. */
  at: number;
  /** How often it was looked at since then: a database that was away is no sign of death. */
  looks: number;
}

/** Without others, `isShared` false, there is nothing to beat for: whoever ran before is gone. */
export function createInstances(needs: {
  database: Database<StreamTables>;
  store: InstanceStore;
  isShared: boolean;
  log: Log;
}): Instances {
  const { database, store, isShared, log } = needs;
  const id = newId<InstanceId>();
  const seen = new Map<InstanceId, Seen>();
  const gone = new Set<() => void>();
  const returned = new Set<() => void>();
  const running = new AsyncDisposableStack();

  async function round(): Promise<void> {
    if (!(await database.write((tx) => store.beat(tx, id), { keys: [id] }))) {
      log.warn({ instance: id }, "this process was silent for so long that others took it for gone");
      await database.write((tx) => store.insert(tx, id), { keys: [id] });
      tell(returned);
    }
    await look();
  }

  async function look(): Promise<void> {
    const now = performance.now();
    const there = new Map((await store.all(database.read)).map((each) => [each.id, each.beat]));
    let someAreGone = false;
    for (const known of [...seen.keys()]) {
      if (there.has(known)) continue;
      seen.delete(known);
      someAreGone = true;
    }
    for (const [instance, beat] of there) {
      if (instance === id) continue;
      const before = seen.get(instance);
      if (before === undefined || before.beat !== beat) {
        seen.set(instance, { beat, at: now, looks: 0 });
        continue;
      }
      before.looks += 1;
      if (before.looks < 3 || now - before.at < limits.stream.instanceSilentMs) continue;
      if (!(await database.write((tx) => store.removeSilent(tx, instance, beat), { keys: [instance] }))) continue;
      log.warn({ instance }, "another process is gone: what it held is taken over");
      seen.delete(instance);
      someAreGone = true;
    }
    if (someAreGone) tell(gone);
  }

  return {
    id,
    others: () => [...seen.keys()],
    async isRunning(instance) {
      if (instance === id) return true;
      return (await store.all(database.read)).some((each) => each.id === instance);
    },
    onGone: (listener) => added(gone, listener),
    onReturned: (listener) => added(returned, listener),
    async begin() {
      await database.write(async (tx) => {
        if (!isShared) await store.removeAll(tx);
        await store.insert(tx, id);
      });
      if (!isShared) return;
      await look();
      running.use(startRounds({ name: "beating", everyMs: limits.stream.instanceBeatMs, log, round }));
    },
    async [Symbol.asyncDispose]() {
      await running.disposeAsync();
      await database.write((tx) => store.remove(tx, id));
    },
  };
}

function tell(listeners: ReadonlySet<() => void>): void {
  for (const listener of [...listeners]) listener();
}

function added(listeners: Set<() => void>, listener: () => void): Disposable {
  listeners.add(listener);
  return { [Symbol.dispose]: () => void listeners.delete(listener) };
}
