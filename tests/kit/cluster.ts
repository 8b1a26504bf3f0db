import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bus } from "#src/platform/bus/bus.ts";
import { createLocalBus } from "#src/platform/bus/local-bus.ts";
import type { Database } from "#src/platform/database/database.ts";
import { createSqliteDatabase } from "#src/platform/database/sqlite-database.ts";
import { createLog } from "#src/platform/log.ts";
import { startApp, type TestApp } from "./app.ts";

/** An app among others that can be killed. */
export interface Member extends TestApp {
  /** What it has said on the bus since then, by subject. */
  traffic(): Record<string, number>;
  /** From one moment to the next it says and stores nothing more, and its connections break. */
  kill(): Promise<void>;
}

/** Whole apps that share a database and a bus, each as if it were a process of its own. */
export interface Cluster extends AsyncDisposable {
  readonly members: readonly Member[];
  join(dataDir?: string): Promise<Member>;
}

/** With `dataDirs: "own"`, each keeps its recordings in a folder of its own. */
export async function startCluster(count: number, dataDirs: "shared" | "own" = "shared"): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), "veza-cluster-"));
  const log = createLog({ level: "error", format: "json" });
  const bus = createLocalBus({ log });
  const database = createSqliteDatabase(join(folder, "veza.sqlite"));
  const members: Member[] = [];

  async function join_(dataDir?: string): Promise<Member> {
    const own = dataDir ?? join(folder, dataDirs === "own" ? `member-${members.length}` : "members");
    const link = linkTo(bus, database);
    const app = await startApp({ dataDir: own, overrides: { shared: link } });
    let over: Promise<void> | undefined;
    function end(): Promise<void> {
      over ??= Promise.resolve(app[Symbol.asyncDispose]());
      return over;
    }
    const member: Member = {
      ...app,
      traffic: link.traffic,
      async kill() {
        link.cut();
        app.app.platform.log.level = "silent";
        // What it still wants to store is refused.
        await end().catch(() => undefined);
      },
      [Symbol.asyncDispose]: end,
    };
    members.push(member);
    return member;
  }

  const cluster: Cluster = {
    members,
    join: join_,
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(members.map((member) => member[Symbol.asyncDispose]()));
      await bus[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
  for (let member = 0; member < count; member += 1) await join_();
  return cluster;
}

function linkTo(bus: Bus, database: Database<unknown>) {
  let isCut = false;
  let said: Record<string, number> = {};
  const open = new DisposableStack();
  function cutOff(): void {
    if (isCut) throw new Error("this member was killed");
  }
  const link: Bus = {
    publish(subject, payload, headers) {
      if (isCut) return;
      said[subject] = (said[subject] ?? 0) + 1;
      bus.publish(subject, payload, headers);
    },
    subscribe: (subject, listener) => open.use(bus.subscribe(subject, listener)),
    async request(subject, payload, options) {
      cutOff();
      said[subject] = (said[subject] ?? 0) + 1;
      return bus.request(subject, payload, options);
    },
    answer: (subject, answerer) =>
      open.use(
        bus.answer(subject, async (payload, request) => {
          const answer = await answerer(payload, request);
          cutOff();
          return answer;
        }),
      ),
    listening: () => bus.listening(),
    onGap: bus.onGap,
    get isConnected() {
      return !isCut;
    },
    probe: bus.probe,
    async [Symbol.asyncDispose]() {},
  };
  const store = (to: Database<unknown>): Database<unknown> => ({
    dialect: to.dialect,
    read: to.read,
    async write(work, options) {
      cutOff();
      return to.write(work, options);
    },
    withTables: <Other>(service: string) => store(to.withTables(service)) as unknown as Database<Other>,
    async [Symbol.asyncDispose]() {},
  });
  return {
    bus: link,
    database: store(database),
    traffic() {
      const before = said;
      said = {};
      return before;
    },
    cut() {
      isCut = true;
      open.dispose();
    },
  };
}
