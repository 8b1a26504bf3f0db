import { close, fdatasync, openSync } from "node:fs";

/** The write-ahead log of a SQLite database, as a file. */
export interface SqliteLog extends Disposable {
  /**
   * Resolves once all that was committed before the call survives a loss of power. Other work goes on meanwhile.
   * Rejects when the disk did not take it; then nobody knows what it has.
   */
  flush(): Promise<void>;
}

/** The log of an open database: SQLite makes it with the first connection and removes it with the last. */
export function openSqliteLog(path: string): SqliteLog {
  let file: number | undefined;
  return {
    flush() {
      // Through a file of our own: what is synced is the log, whoever has written to it.
      file ??= openSync(`${path}-wal`, "r+");
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      fdatasync(file, (error) => (error === null ? resolve() : reject(error)));
      return promise;
    },
    [Symbol.dispose]() {
      if (file !== undefined) close(file);
      file = undefined;
    },
  };
}
