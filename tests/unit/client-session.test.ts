import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  Code,
  ConnectError,
  createClient,
  createRouterTransport,
  type HandlerContext,
  type Transport,
} from "@connectrpc/connect";
import { expect, test } from "vitest";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { AuthService } from "#gen/veza/auth/v1/auth_service_pb.ts";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { createLocalLock } from "#src/client/lock.ts";
import { createSession, type Session } from "#src/client/session.ts";
import { createMemoryStorage, type TokenStorage } from "#src/client/token-storage.ts";

const TEN_MINUTES = 600_000;

test("signing in keeps the tokens, and calls carry them", async () => {
  const world = createWorld();
  const session = world.tab();
  expect(session.account()).toBeUndefined();
  const account = await session.signIn("alice", "secret");
  expect(account).toEqual({ userId: "7", username: "alice", email: "", isAdmin: false });
  expect(session.account()).toEqual(account);
  await world.call(session);
  expect(world.accepted).toEqual(["access-1"]);
});

test("a token is refreshed thirty seconds before it expires", async () => {
  const world = createWorld();
  const session = world.tab();
  await session.signIn("alice", "secret");
  world.now += TEN_MINUTES - 31_000;
  await world.call(session);
  expect(world.refreshes).toBe(0);
  world.now += 1_000;
  await world.call(session);
  expect(world.accepted).toEqual(["access-1", "access-2"]);
});

test("many calls at once refresh once", async () => {
  const world = createWorld();
  const session = world.tab();
  await session.signIn("alice", "secret");
  world.now += TEN_MINUTES;
  await Promise.all(Array.from({ length: 20 }, () => world.call(session)));
  expect(world.refreshes).toBe(1);
});

test("many tabs refresh once, and the others use what the first one got", async () => {
  const world = createWorld();
  const storage = createMemoryStorage();
  const lock = createLocalLock();
  const tabs = Array.from({ length: 5 }, () => world.tab(storage, lock));
  await tabs[0]?.signIn("alice", "secret");
  world.now += TEN_MINUTES;
  await Promise.all(tabs.map((tab) => world.call(tab)));
  expect(world.refreshes).toBe(1);
  expect(new Set(world.accepted)).toEqual(new Set(["access-2"]));
});

test.each(["TOKEN_EXPIRED", "TOKEN_REVOKED"])(
  "a call refused with %s is made once more with a new token",
  async (reason) => {
    const world = createWorld();
    const session = world.tab();
    await session.signIn("alice", "secret");
    world.refused.set("access-1", reason);
    await world.call(session);
    expect(world.accepted).toEqual(["access-2"]);
    expect(world.refreshes).toBe(1);
  },
);

test("a call refused twice fails", async () => {
  const world = createWorld();
  const session = world.tab();
  await session.signIn("alice", "secret");
  world.refused.set("access-1", "TOKEN_EXPIRED").set("access-2", "TOKEN_EXPIRED");
  await expect(world.call(session)).rejects.toMatchObject({ code: Code.Unauthenticated });
  expect(world.refreshes).toBe(1);
});

test("a lost network does not sign out", async () => {
  const world = createWorld();
  const session = world.tab();
  await session.signIn("alice", "secret");
  world.now += TEN_MINUTES;
  world.refreshFails = new ConnectError("down", Code.Unavailable);
  await expect(world.call(session)).rejects.toMatchObject({ code: Code.Unavailable });
  expect(session.account()?.username).toBe("alice");
  world.refreshFails = undefined;
  await world.call(session);
  expect(world.accepted).toEqual(["access-2"]);
});

test("a token that is not over yet is used when refreshing fails", async () => {
  const world = createWorld();
  const session = world.tab();
  await session.signIn("alice", "secret");
  world.now += TEN_MINUTES - 10_000;
  world.refreshFails = new ConnectError("down", Code.Unavailable);
  await world.call(session);
  expect(world.accepted).toEqual(["access-1"]);
});

test.each(["REFRESH_TOKEN_INVALID", "REFRESH_TOKEN_REUSED"])(
  "%s ends the session, and says so once",
  async (reason) => {
    const world = createWorld();
    const session = world.tab();
    await session.signIn("alice", "secret");
    const changes: string[] = [];
    session.onChange((change) => changes.push(change));
    world.now += TEN_MINUTES;
    world.refreshFails = failure(Code.Unauthenticated, reason);
    const calls = await Promise.allSettled([world.call(session), world.call(session)]);
    expect(calls[0]).toMatchObject({ status: "rejected" });
    expect(session.account()).toBeUndefined();
    expect(changes).toEqual(["ended"]);
  },
);

test("signing out forgets the tokens at once, ends the session at the service, and no late refresh brings it back", async () => {
  const world = createWorld();
  const session = world.tab();
  await session.signIn("alice", "secret");
  world.now += TEN_MINUTES;
  const call = world.call(session).catch(() => {});
  const out = session.signOut();
  expect(session.account()).toBeUndefined();
  await Promise.all([call, out]);
  expect(session.account()).toBeUndefined();
  expect(world.loggedOut.length).toBe(1);
});

test("a machine whose clock runs a day ahead does not refresh before every call", async () => {
  const world = createWorld({ clientAheadMs: 86_400_000 });
  const session = world.tab();
  await session.signIn("alice", "secret");
  await world.call(session);
  await world.call(session);
  expect(world.refreshes).toBe(0);
});

test("somebody who says that the session is over is not believed without the service", async () => {
  const world = createWorld();
  const session = world.tab();
  await session.signIn("alice", "secret");
  expect(await session.confirm()).toBe(true);
  world.refreshFails = failure(Code.Unauthenticated, "REFRESH_TOKEN_INVALID");
  expect(await session.confirm()).toBe(false);
  expect(session.account()).toBeUndefined();
});

/** A service that counts its tokens and refuses those it is told to refuse. */
function createWorld({ clientAheadMs = 0 } = {}) {
  let issued = 0;
  const tokens = () => {
    issued++;
    const access = timestampFromMs(world.now + TEN_MINUTES);
    return { accessToken: `access-${issued}`, refreshToken: `refresh-${issued}`, accessExpiresAt: access };
  };
  const check = ({ requestHeader }: HandlerContext) => {
    const token = requestHeader.get("Authorization")?.slice("Bearer ".length) ?? "";
    const reason = token === "" ? "UNAUTHENTICATED" : world.refused.get(token);
    if (reason !== undefined) throw failure(Code.Unauthenticated, reason);
    return token;
  };
  const world = {
    now: 1_000_000,
    refreshes: 0,
    refreshFails: undefined as ConnectError | undefined,
    refused: new Map<string, string>(),
    accepted: [] as string[],
    loggedOut: [] as string[],
    tab(storage: TokenStorage = createMemoryStorage(), lock = createLocalLock()): Session {
      const transportFor = (interceptors: never[]): Transport =>
        createRouterTransport(routes, { transport: { interceptors } });
      return createSession({
        transportFor: transportFor as never,
        storage,
        lock,
        timers: { now: () => world.now + clientAheadMs },
      });
    },
    call: (session: Session) => createClient(ChatService, session.transport).getUnreadCounts({}),
  };
  const routes: Parameters<typeof createRouterTransport>[0] = ({ service }) => {
    service(AuthService, {
      login: ({ login }) => ({ user: { id: "7", username: login }, tokens: tokens() }),
      async refreshToken() {
        world.refreshes++;
        // Long enough for others to come in between.
        await new Promise((resolve) => setImmediate(resolve));
        if (world.refreshFails !== undefined) throw world.refreshFails;
        return { tokens: tokens() };
      },
      logout(_, context) {
        world.loggedOut.push(check(context));
        return {};
      },
    });
    service(ChatService, {
      getUnreadCounts(_, context) {
        world.accepted.push(check(context));
        return {};
      },
    });
  };
  return world;
}

function failure(code: Code, reason: string): ConnectError {
  return new ConnectError("refused", code, undefined, [{ desc: ErrorInfoSchema, value: { reason, domain: "veza" } }]);
}
