import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joined } from "node:path";
import type { Bus } from "#src/platform/bus/bus.ts";
import { createLocalBus } from "#src/platform/bus/local-bus.ts";
import type { Clock } from "#src/platform/clock.ts";
import type { Database } from "#src/platform/database/database.ts";
import { createSqliteDatabase } from "#src/platform/database/sqlite-database.ts";
import { createLog } from "#src/platform/log.ts";
import { startApp } from "./app.ts";
import { dropDatabaseOf, postgresOf } from "./databases.ts";
import { type NatsServer, startNats } from "./nats.ts";
import { spawnVeza } from "./process.ts";

/** One of several whole services that work together. */
export interface Member {
  readonly gateway: string;
  /** From one moment to the next it says and stores nothing more, and its connections break. */
  kill(): Promise<void>;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
  /** It stands still, with its connections open, until it is thawed; undefined where nobody can do that to it. */
  readonly freeze?: () => void;
  readonly thaw?: () => void;
  /** From now on it hears nothing that others say, though it answers what it is asked; undefined where nobody can do that. */
  readonly deafen?: () => void;
  /** What it has said on the bus since it was last asked, by subject; undefined where nobody can see that. */
  traffic(): Record<string, number> | undefined;
}

/** Services that share a database, a bus and the place of files. */
export interface Cluster extends AsyncDisposable {
  /**
   * One more. Members write their recordings to the same folder, unless they have a name: then to one of their own, to
   * which another of that name comes back.
   */
  join(name?: string): Promise<Member>;
  /** What members hear each other by, where it can go away without them. */
  readonly nats?: NatsServer;
}

/** Apps in this process on SQLite, each as if it were a process of its own. */
export async function clusterInProcess(clock?: Clock): Promise<Cluster> {
  const folder = await mkdtemp(joined(tmpdir(), "veza-cluster-"));
  const log = createLog({ level: "error", format: "json" });
  await using built = new AsyncDisposableStack();
  built.defer(() => rm(folder, { recursive: true, force: true }));
  const database = built.use(createSqliteDatabase(joined(folder, "veza.sqlite")));
  const bus = built.use(createLocalBus({ log }));
  const running = built.move();
  return {
    async join(name = "members") {
      const link = linkTo(bus, database);
      const app = await startApp({
        dataDir: joined(folder, name),
        env: { VEZA_FILES_URL: joined(folder, "files") },
        overrides: { shared: link, ...(clock !== undefined && { clock }) },
      });
      let over: Promise<void> | undefined;
      function end(): Promise<void> {
        over ??= Promise.resolve(app[Symbol.asyncDispose]());
        return over;
      }
      // What a member that was killed still wants to store is refused.
      running.defer(() => end().catch(() => undefined));
      return {
        gateway: app.gateway,
        traffic: link.traffic,
        deafen: link.deafen,
        stop: end,
        async kill() {
          link.cut();
          app.app.platform.log.level = "silent";
          await end().catch(() => undefined);
        },
      };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Processes with PostgreSQL and NATS. */
export async function clusterOfProcesses(): Promise<Cluster> {
  const folder = await mkdtemp(joined(tmpdir(), "veza-cluster-"));
  await using built = new AsyncDisposableStack();
  built.defer(() => rm(folder, { recursive: true, force: true }));
  const databaseUrl = await postgresOf(folder);
  built.defer(() => dropDatabaseOf(folder));
  const nats = built.use(await startNats());
  const running = built.move();
  return {
    nats,
    async join(name = "members") {
      const child = await spawnVeza({
        VEZA_HTTP_PORT: "0",
        VEZA_CHAT_PORT: "0",
        VEZA_STREAM_PORT: "0",
        VEZA_DATA_DIR: joined(folder, name),
        VEZA_FILES_URL: joined(folder, "files"),
        VEZA_DATABASE_URL: databaseUrl,
        VEZA_NATS_URL: nats.url,
        VEZA_LOG_LEVEL: "info",
      });
      let over: Promise<unknown> | undefined;
      const end = (signal: "SIGTERM" | "SIGKILL") => {
        over ??= child.end(signal);
        return over;
      };
      running.defer(async () => {
        await end("SIGTERM");
        // What went wrong in a process is otherwise seen by nobody.
        for (const line of child.lines) if (/"level":[56]0/.test(line)) console.error(line);
      });
      return {
        gateway: child.gateway,
        traffic: () => undefined,
        stop: async () => void (await end("SIGTERM")),
        kill: async () => void (await end("SIGKILL")),
        freeze: () => void process.kill(child.pid, "SIGSTOP"),
        thaw: () => void process.kill(child.pid, "SIGCONT"),
      };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function linkTo(bus: Bus, database: Database<unknown>) {
  let isCut = false;
  let isDeaf = false;
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
    subscribe: (subject, listener) =>
      open.use(
        bus.subscribe(subject, (payload, message) => {
          if (!isDeaf) listener(payload, message);
        }),
      ),
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
    deafen() {
      isDeaf = true;
    },
    cut() {
      isCut = true;
      open.dispose();
    },
  };
}
