import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ChatTables } from "#src/chat/tables.ts";
import type { Database } from "#src/platform/database/database.ts";
import { Reason } from "#src/platform/failure.ts";
import type { UserId } from "#src/platform/ids.ts";
import { limits } from "#src/platform/limits.ts";
import { createRequests, type Request, type Requests, requestOf } from "#src/platform/requests/requests.ts";
import { createSqlRequestStore } from "#src/platform/requests/sql-request-store.ts";
import { createTestClock, type TestClock } from "../kit/clock.ts";
import { dropDatabaseOf, openDatabase, present } from "../kit/databases.ts";
import { migrateAll } from "../kit/migrations.ts";

describe.each(present)("%s", (backend) => {
  let folder: string;
  let database: Database<ChatTables>;
  let clock: TestClock;
  let requests: Requests<ChatTables>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "veza-test-"));
    const opened = await openDatabase(folder, { backend });
    await migrateAll(opened);
    database = opened.withTables<ChatTables>("chat");
    clock = createTestClock();
    requests = createRequests({
      store: createSqlRequestStore<ChatTables>(database.read, "chat_requests"),
      database,
      clock,
    });
  });
  afterEach(async () => {
    await database[Symbol.asyncDispose]();
    await dropDatabaseOf(folder);
    await rm(folder, { recursive: true });
  });

  const user = "7" as UserId;
  const ask = (requestId: string, content = "hello") => requestOf(user, requestId, "SendMessage", [content]);
  const earlier = (request: Request) => database.write((tx) => requests.earlierResult(tx, request));
  const remember = (request: Request, result: string) => database.write((tx) => requests.remember(tx, request, result));

  it("a repeated call finds its first result", async () => {
    expect(await earlier(ask("a"))).toBeUndefined();
    await remember(ask("a"), "one");
    expect(await earlier(ask("a"))).toBe("one");
    expect(await earlier(requestOf("8" as UserId, "a", "SendMessage", ["hello"]))).toBeUndefined();
  });

  it("other content and other methods under the same id are refused", async () => {
    await remember(ask("a"), "one");
    await expect(earlier(ask("a", "bye"))).rejects.toMatchObject({ reason: Reason.REQUEST_ID_REUSED });
    const otherMethod = requestOf(user, "a", "CreateRoom", ["hello"]);
    await expect(earlier(otherMethod)).rejects.toMatchObject({ reason: Reason.REQUEST_ID_REUSED });
  });

  it("calls without an id are never the same", async () => {
    await remember(ask(""), "one");
    expect(await earlier(ask(""))).toBeUndefined();
  });

  it("an id counts for a day, then anew", async () => {
    await remember(ask("a"), "one");
    clock.advance(limits.store.requestIdMs + 1);
    expect(await earlier(ask("a", "bye"))).toBeUndefined();
    await remember(ask("a", "bye"), "two");
    expect(await earlier(ask("a", "bye"))).toBe("two");
  });

  it("a sweep forgets all that is too old, and nothing else", async () => {
    const many = 2500;
    await database.write(async (tx) => {
      for (let index = 0; index < many; index++) await requests.remember(tx, ask(`old ${index}`), "x");
    });
    clock.advance(limits.store.requestIdMs + 1);
    await remember(ask("new"), "y");
    await requests.sweep(new AbortController().signal);
    const kept = await database.read.selectFrom("chat_requests").select("request_id").execute();
    expect(kept).toEqual([{ request_id: "new" }]);
  });
});
