import { DatabaseSync } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";

// Takes checkpoints of the database that `workerData` names when it is told to. Nobody waits for it, and it for nobody:
// what others read or write meanwhile is left to the next one.
const connection = new DatabaseSync(workerData as string);
connection.exec("PRAGMA synchronous = NORMAL");
const checkpoint = connection.prepare("PRAGMA wal_checkpoint(PASSIVE)");
parentPort?.on("message", () => {
  checkpoint.get();
  parentPort?.postMessage("done");
});
