import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { limits } from "../limits.ts";
import { createMetrics, type Metrics } from "../telemetry/metrics.ts";
import type { Database } from "./database.ts";
import { commitObserver, operationSeconds } from "./database-metrics.ts";
import { SqliteQueries } from "./sqlite-queries.ts";
import { createSqliteStatements } from "./sqlite-statements.ts";
import { createWriteQueue } from "./write-queue.ts";

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
  // FULL: the log is on the disk before a commit returns. With WAL, readers never wait for the writer.
  connection.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA cache_size = -32000;
    PRAGMA temp_store = MEMORY;
    PRAGMA secure_delete = ON;
  `);
  return connection;
}

/** The embedded database: one file, one connection that writes and one that reads what is committed. */
export function createSqliteDatabase(path: string, metrics: Metrics = createMetrics()): Database<unknown> {
  mkdirSync(dirname(path), { recursive: true });
  const writer = open(path);
  const reader = open(path);
  const writes = new SqliteQueries<unknown>(createSqliteStatements(writer));
  const reads = new SqliteQueries<unknown>(
    createSqliteStatements(reader, operationSeconds(metrics, { dialect: "sqlite", operation: "read" })),
  );

  const begin = writer.prepare("BEGIN IMMEDIATE");
  const mark = writer.prepare("SAVEPOINT work");
  const keep = writer.prepare("RELEASE work");
  const undo = writer.prepare("ROLLBACK TO work");
  const commit = writer.prepare("COMMIT");
  const rollback = writer.prepare("ROLLBACK");
  const queue = createWriteQueue(
    {
      begin: () => void begin.run(),
      mark: () => void mark.run(),
      keep: () => void keep.run(),
      undo: () => {
        undo.run();
        keep.run();
      },
      commit: () => void commit.run(),
      rollback: () => void rollback.run(),
    },
    { perCommit: limits.store.writesPerCommit, waiting: limits.store.writesWaiting },
    commitObserver(metrics),
  );

  const database: Database<unknown> = {
    dialect: "sqlite",
    read: reads,
    // There is one writer: every work runs after the one before it, whatever their keys.
    write: (work) => queue.add(() => work(writes)),
    withTables: <Other>() => database as unknown as Database<Other>,
    async [Symbol.asyncDispose]() {
      await queue.settled();
      reader.close();
      writer.close();
    },
  };
  return database;
}
