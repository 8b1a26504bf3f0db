import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { limits } from "../limits.ts";
import { createMetrics, type Metrics } from "../telemetry/metrics.ts";
import type { Database } from "./database.ts";
import { commitObserver, databaseErrors, operationSeconds } from "./database-metrics.ts";
import { createSqliteCheckpointer } from "./sqlite-checkpointer.ts";
import { openSqliteLog, type SqliteLog } from "./sqlite-log.ts";
import { SqliteQueries } from "./sqlite-queries.ts";
import { createSqliteStatements } from "./sqlite-statements.ts";
import { createWriteQueue } from "./write-queue.ts";

interface SqliteNeeds {
  readonly metrics?: Metrics;
  readonly openLog?: (path: string) => SqliteLog;
  /** Called once, when the disk does not take what was committed. By default the process ends. */
  readonly lost?: (error: Error) => void;
}

function open(path: string): DatabaseSync {
  try {
    return openUnnamed(path);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

function openUnnamed(path: string): DatabaseSync {
  const connection = new DatabaseSync(path, { timeout: 5000 });
  // What is deleted is overwritten: an erased account leaves nothing behind in free pages.
  // With WAL, readers never wait for the writer. NORMAL: nothing can break, but whoever commits brings the log onto the
  // disk (sqlite.org/pragma.html#pragma_synchronous): we do, off the event loop.
  connection.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = 16000;
    PRAGMA foreign_keys = ON;
    PRAGMA cache_size = -32000;
    PRAGMA temp_store = MEMORY;
    PRAGMA secure_delete = ON;
  `);
  return connection;
}

/**
 * The embedded database: one file, one connection that writes and one that reads what is committed and on the disk.
 * The process ends when the disk does not take what was committed: nobody knows then what it has, and only opening the
 * database anew finds out.
 */
export function createSqliteDatabase(path: string, needs: SqliteNeeds = {}): Database<unknown> {
  const { metrics = createMetrics(), openLog = openSqliteLog, lost = crash } = needs;
  mkdirSync(dirname(path), { recursive: true });
  const writer = open(path);
  // What was committed, and not on the disk when the process ended, is there from now on.
  writer.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const reader = open(path);
  const log = openLog(path);
  const statements = createSqliteStatements(writer);
  const writes = new SqliteQueries<unknown>(statements);
  const reads = new SqliteQueries<unknown>(
    createSqliteStatements(reader, operationSeconds(metrics, { dialect: "sqlite", operation: "read" })),
  );

  const begin = writer.prepare("BEGIN IMMEDIATE");
  const mark = writer.prepare("SAVEPOINT work");
  const keep = writer.prepare("RELEASE work");
  const undo = writer.prepare("ROLLBACK TO work");
  const commit = writer.prepare("COMMIT");
  const rollback = writer.prepare("ROLLBACK");
  const durableReads = createDurableReads(reader);
  const observe = commitObserver(metrics);
  const queue = createWriteQueue(
    {
      begin: () => void begin.run(),
      mark: () => void mark.run(),
      keep: () => void keep.run(),
      undo: () => {
        undo.run();
        keep.run();
      },
      changes: () => statements.changes,
      commit: () => {
        durableReads.hold();
        commit.run();
      },
      rollback: () => void rollback.run(),
      async flush() {
        try {
          await log.flush();
        } catch (error) {
          lost(new Error(`${path}: the disk has not taken what was written`, { cause: error }));
          throw error;
        }
        durableReads.release();
      },
    },
    { perCommit: limits.store.writesPerCommit, waiting: limits.store.writesWaiting },
    (writes, ms) => {
      observe(writes, ms);
      checkpointer.wrote(writes);
    },
  );

  const checkpointer = createSqliteCheckpointer(path, {
    betweenCommits: queue.betweenCommits,
    failed: databaseErrors(metrics),
  });

  const database: Database<unknown> = {
    dialect: "sqlite",
    read: reads,
    // There is one writer: every work runs after the one before it, whatever their keys.
    write: (work) => queue.add(() => work(writes)),
    withTables: <Other>() => database as unknown as Database<Other>,
    async [Symbol.asyncDispose]() {
      await queue.settled();
      await checkpointer[Symbol.asyncDispose]();
      await queue.settled();
      log[Symbol.dispose]();
      reader.close();
      writer.close();
    },
  };
  return database;
}

/** Keeps what is read at what is on the disk: it must not be gone again after a loss of power. */
function createDurableReads(reader: DatabaseSync) {
  const begin = reader.prepare("BEGIN");
  // What a transaction reads is settled by its first query.
  const settle = reader.prepare("SELECT 1 FROM sqlite_schema LIMIT 1");
  const end = reader.prepare("COMMIT");
  return {
    /** From now on what is committed is not seen. */
    hold(): void {
      if (reader.isTransaction) return;
      begin.run();
      settle.get();
    },
    release(): void {
      if (reader.isTransaction) end.run();
    },
  };
}

function crash(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}
