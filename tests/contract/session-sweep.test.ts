import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createSessionSweep } from "../../src/auth/session-sweep.ts";
import { createSqlStore } from "../../src/auth/sql-store.ts";
import type { RevocationPlace, Session } from "../../src/auth/store.ts";
import type { AuthTables } from "../../src/auth/tables.ts";
import { newId, type SessionId, type UserId } from "../../src/platform/ids.ts";
import { limits } from "../../src/platform/limits.ts";
import { type Backend, dropDatabaseOf, openDatabase, present } from "../kit/databases.ts";
import { migrateAll } from "../kit/migrations.ts";

const now = Date.UTC(2026, 0, 15);

async function openStore(backend: Backend) {
  const directory = await mkdtemp(join(tmpdir(), "veza-sweep-"));
  const database = await openDatabase(directory, { backend });
  onTestFinished(async () => {
    await database[Symbol.asyncDispose]();
    await dropDatabaseOf(directory);
    await rm(directory, { recursive: true });
  });
  await migrateAll(database);
  return createSqlStore(database.withTables<AuthTables>("auth"));
}

const nobody = {
  firstName: "",
  lastName: "",
  role: "user",
  passwordHash: "none",
  createdAt: now,
  lastLoginAt: undefined,
} as const;

function session(userId: UserId, over: Partial<Session>): Session {
  return {
    id: newId<SessionId>(),
    userId,
    counter: 1,
    rotatedAt: now,
    userAgent: "",
    address: "",
    createdAt: now,
    lastUsedAt: now,
    expiresAt: now + 1,
    endedAt: undefined,
    ...over,
  };
}

describe.each(present)("%s", (backend) => {
  test("sessions that are over are deleted, however many; those still needed stay", async () => {
    const store = await openStore(backend);
    const { living, ended } = await store.write(async (write) => {
      const account = await write.addAccount({ ...nobody, username: "alice", email: "alice@example.org" });
      if (typeof account === "string") throw new Error(account);
      const living = session(account.id, {});
      const ended = session(account.id, { endedAt: now - limits.token.accessMs });
      const over = Array.from({ length: 1200 }, (_, index) =>
        session(account.id, index % 2 === 0 ? { expiresAt: now - 1 } : { endedAt: now - limits.token.accessMs - 1 }),
      );
      for (const each of [living, ended, ...over]) await write.addSession(each);
      return { living, ended };
    });

    await createSessionSweep({ store, clock: { now: () => now } }).run(new AbortController().signal);

    expect(await store.session(living.id)).toEqual(living);
    // Its access tokens have only just expired: until then it has to be known after a restart.
    expect((await store.revocationsSince(0, undefined, 10)).map(({ revocation }) => revocation)).toEqual([
      { sessionId: ended.id, at: ended.endedAt },
    ]);
    expect(await store.deleteOldSessions({ expired: Number.MAX_SAFE_INTEGER, ended: 0 }, 10)).toBe(2);
  });

  test("what was revoked is read a page at a time: nothing is left out, and nothing comes twice", async () => {
    const store = await openStore(backend);
    const revoked = await store.write(async (write) => {
      const accounts: UserId[] = [];
      for (const username of ["a", "b", "c", "d", "e"]) {
        const account = await write.addAccount({ ...nobody, username, email: `${username}@example.org` });
        if (typeof account === "string") throw new Error(account);
        accounts.push(account.id);
      }
      const [first, ...others] = accounts as [UserId, ...UserId[]];
      const sessions = Array.from({ length: 5 }, (_, index) => session(first, { endedAt: now + (index % 2) }));
      for (const each of [session(first, {}), session(first, { endedAt: now - 1 }), ...sessions]) {
        await write.addSession(each);
      }
      for (const id of others.slice(0, 2)) await write.changeAccount(id, { tokensValidFrom: now });
      for (const id of others.slice(2)) await write.eraseAccount(id, now);
      return [...sessions.map(({ id }) => id), ...others] as string[];
    });

    for (const size of [1, 2, 3, 20]) {
      const read: string[] = [];
      let place: RevocationPlace | undefined;
      for (let isMore = true; isMore; ) {
        const page = await store.revocationsSince(now, place, size);
        for (const { revocation } of page) {
          read.push("sessionId" in revocation ? revocation.sessionId : revocation.userId);
        }
        place = page.at(-1)?.place;
        isMore = page.length === size;
      }
      expect(read.sort()).toEqual(revoked.sort());
    }
  });
});
