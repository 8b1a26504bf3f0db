import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { expect, test } from "vitest";
import { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import { UserRole } from "#gen/veza/auth/v1/user_pb.ts";
import { Failure, Reason } from "../../src/platform/failure.ts";
import type { StreamId, UserId } from "../../src/platform/ids.ts";
import { limits } from "../../src/platform/limits.ts";
import type { PermissionPeers } from "../../src/platform/peers/peers.ts";
import { login, openHouse, password, reasonOf, refresh, register } from "./auth-kit.ts";

const stranger = "00000000-0000-7000-8000-000000000000";

test("an account is registered, signs in and is read", async () => {
  const house = await openHouse();
  const alice = await register(house, "Alice");
  expect(alice.user).toMatchObject({ id: "1", username: "Alice", email: "Alice@example.org", isActive: true });
  for (const name of ["alice", "ALICE", "aLiCe@Example.org"]) {
    expect((await login(house, name)).user.id).toBe("1");
  }
  const { user } = await alice.calls.getUserInfo({});
  expect(user).toMatchObject({ id: "1", role: UserRole.ADMIN });
  expect(user?.lastLoginAt).toBeDefined();
});

test("user names and e-mail addresses are taken in any case", async () => {
  const house = await openHouse();
  await register(house, "alice");
  const again = (username: string, email: string) => reasonOf(house.as().register({ username, email, password }));
  expect(await again("ALICE", "other@example.org")).toBe("USERNAME_TAKEN");
  expect(await again("other", "Alice@EXAMPLE.org")).toBe("EMAIL_TAKEN");
});

test("of ten first registrations at once exactly one is an administrator", async () => {
  const house = await openHouse();
  const members = await Promise.all(Array.from({ length: 10 }, (_, index) => register(house, `user${index}`)));
  expect(members.filter(({ user }) => user.role === UserRole.ADMIN)).toHaveLength(1);
  expect(new Set(members.map(({ user }) => user.id)).size).toBe(10);
});

test("an unknown name and a wrong password get the same answer", async () => {
  const house = await openHouse();
  await register(house, "alice");
  const unknown = await house.as().login({ login: "nobody", password }).catch(String);
  const wrong = await house.as().login({ login: "alice", password: "wrong password" }).catch(String);
  expect(unknown).toBe(wrong);
  expect(await reasonOf(house.as().login({ login: "alice", password: "wrong password" }))).toBe("BAD_CREDENTIALS");
});

test("a password is the same however its characters are written", async () => {
  const house = await openHouse();
  await house.as().register({ username: "zoe", email: "zoe@example.org", password: "Zoe\u0308 and cake" });
  expect((await login(house, "zoe", "Zo\u00eb and cake")).user.username).toBe("zoe");
});

test("an access token is what the contract says, and JWKS verifies it", async () => {
  const house = await openHouse();
  const { tokens } = await register(house, "alice");
  const { payload, protectedHeader } = await jwtVerify(tokens.accessToken, createLocalJWKSet(await house.auth.jwks()), {
    audience: "veza",
    issuer: "veza",
    currentDate: new Date(house.clock.now()),
  });
  expect(protectedHeader).toMatchObject({ alg: "EdDSA", kid: (await house.auth.jwks()).keys[0]?.kid });
  expect(payload).toMatchObject({ sub: "1", username: "alice", role: "admin" });
  expect((payload.exp as number) - (payload.iat as number)).toBe(limits.token.accessMs / 1000);
  expect((await house.auth.jwks()).keys[0]).not.toHaveProperty("d");
});

test("tokens that nobody here signed are refused", async () => {
  const house = await openHouse();
  const { tokens } = await register(house, "alice");
  const [, body] = tokens.accessToken.split(".");
  const encode = (header: object) => Buffer.from(JSON.stringify(header)).toString("base64url");
  const { kid } = decodeProtectedHeader(tokens.accessToken);
  const forged = [
    `${encode({ alg: "none", kid })}.${body}.`,
    `${encode({ alg: "HS256", kid })}.${body}.c2ln`,
    `${encode({ alg: "RS256", kid })}.${body}.c2ln`,
    `${encode({ alg: "EdDSA", kid: "other" })}.${body}.c2ln`,
    `${tokens.accessToken.slice(0, -8)}AAAAAAAA`,
    "a.b.c",
    "rubbish",
  ];
  for (const token of forged) expect(await reasonOf(house.as(token).getUserInfo({}))).toBe("UNAUTHENTICATED");
  expect(await reasonOf(house.as().getUserInfo({}))).toBe("UNAUTHENTICATED");
});

test("an access token expires, a refresh brings the next one", async () => {
  const house = await openHouse();
  const alice = await register(house, "alice");
  house.clock.advance(limits.token.accessMs);
  expect(await reasonOf(alice.calls.getUserInfo({}))).toBe("TOKEN_EXPIRED");
  const next = await refresh(house, alice.tokens.refreshToken);
  expect(next.refreshToken).not.toBe(alice.tokens.refreshToken);
  expect(await reasonOf(house.as(next.accessToken).getUserInfo({}))).toBe("ok");
});

test("a session slides for thirty days and then is over", async () => {
  const house = await openHouse();
  let { refreshToken } = (await register(house, "alice")).tokens;
  for (let round = 0; round < 3; round += 1) {
    house.clock.advance(limits.token.refreshMs - 1);
    ({ refreshToken } = await refresh(house, refreshToken));
  }
  house.clock.advance(limits.token.refreshMs);
  expect(await reasonOf(refresh(house, refreshToken))).toBe("REFRESH_TOKEN_INVALID");
});

test("twenty refreshes at once with one token rotate once and get the same token", async () => {
  const house = await openHouse();
  const { tokens } = await register(house, "alice");
  const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(house, tokens.refreshToken)));
  const [first] = answers;
  expect(new Set(answers.map(({ refreshToken }) => refreshToken)).size).toBe(1);
  expect(first?.refreshToken.split(".")[1]).toBe("2");
});

test("the token just replaced is good for thirty seconds more and brings the current one", async () => {
  const house = await openHouse();
  const { tokens } = await register(house, "alice");
  const second = await refresh(house, tokens.refreshToken);
  house.clock.advance(limits.token.refreshGraceMs);
  expect((await refresh(house, tokens.refreshToken)).refreshToken).toBe(second.refreshToken);
  house.clock.advance(1);
  expect(await reasonOf(refresh(house, tokens.refreshToken))).toBe("REFRESH_TOKEN_REUSED");
});

test("an older refresh token that comes back ends the session, its access tokens and says so in the log", async () => {
  const house = await openHouse();
  const { tokens } = await register(house, "alice");
  const second = await refresh(house, tokens.refreshToken);
  const third = await refresh(house, second.refreshToken);
  expect(await reasonOf(refresh(house, tokens.refreshToken))).toBe("REFRESH_TOKEN_REUSED");
  expect(await reasonOf(house.as(third.accessToken).getUserInfo({}))).toBe("TOKEN_REVOKED");
  expect(await reasonOf(refresh(house, third.refreshToken))).toBe("REFRESH_TOKEN_INVALID");
  expect(house.logLines.filter((line) => line.includes("came back after it was replaced"))).toHaveLength(1);
  expect(await reasonOf(login(house, "alice"))).toBe("ok");
});

test("a refresh token cannot be guessed", async () => {
  const house = await openHouse();
  const { tokens } = await register(house, "alice");
  const [sessionId, , mac] = tokens.refreshToken.split(".");
  const guesses = [`${sessionId}.2.${mac}`, `${sessionId}.01.${mac}`, `${sessionId}.1.${"A".repeat(43)}`, "x", "1.2.3"];
  for (const guess of guesses) expect(await reasonOf(refresh(house, guess))).toBe("REFRESH_TOKEN_INVALID");
  expect(await reasonOf(refresh(house, tokens.refreshToken))).toBe("ok");
});

test("logging out ends the session at once", async () => {
  const house = await openHouse();
  const alice = await register(house, "alice");
  await alice.calls.logout({});
  expect(await reasonOf(alice.calls.getUserInfo({}))).toBe("TOKEN_REVOKED");
  expect(await reasonOf(refresh(house, alice.tokens.refreshToken))).toBe("REFRESH_TOKEN_INVALID");
});

test("no refresh that races with logging out leaves a token behind", async () => {
  const house = await openHouse();
  const alice = await register(house, "alice");
  const racing = Array.from({ length: 10 }, () => refresh(house, alice.tokens.refreshToken).catch(() => undefined));
  await alice.calls.logout({});
  for (const tokens of await Promise.all(racing)) {
    if (tokens === undefined) continue;
    expect(await reasonOf(house.as(tokens.accessToken).getUserInfo({}))).toBe("TOKEN_REVOKED");
    expect(await reasonOf(refresh(house, tokens.refreshToken))).toBe("REFRESH_TOKEN_INVALID");
  }
});

test("a restart forgets no revocation and no session", async () => {
  const before = await openHouse();
  const alice = await register(before, "alice");
  const bob = await register(before, "bob");
  const carol = await register(before, "carol");
  const dave = await register(before, "dave");
  await bob.calls.logout({});
  await carol.calls.deleteAccount({ password });
  await alice.calls.setUserRole({ userId: dave.user.id, role: UserRole.PREMIUM });

  const house = await before.restart();
  const reading = ({ tokens }: typeof alice) => reasonOf(house.as(tokens.accessToken).getUserInfo({}));
  expect(await reading(alice)).toBe("ok");
  expect(await reading(bob)).toBe("TOKEN_REVOKED");
  expect(await reading(carol)).toBe("TOKEN_REVOKED");
  expect(await reading(dave)).toBe("TOKEN_REVOKED");
  expect(await reasonOf(refresh(house, alice.tokens.refreshToken))).toBe("ok");
  expect(await reasonOf(refresh(house, dave.tokens.refreshToken))).toBe("ok");
  expect(await reasonOf(refresh(house, bob.tokens.refreshToken))).toBe("REFRESH_TOKEN_INVALID");
});

test("sessions are listed by last use, page by page, and ended one by one", async () => {
  const house = await openHouse();
  await register(house, "alice");
  await register(house, "bob");
  for (const device of ["phone", "desk"]) {
    house.clock.advance(1000);
    await house.as(undefined, device).login({ login: "alice", password });
  }
  const { calls, tokens } = await login(house, "alice");
  const first = await calls.listSessions({ pageSize: 2 });
  const second = await calls.listSessions({ pageSize: 2, pageToken: first.nextPageToken });
  const listed = [...first.sessions, ...second.sessions];
  expect(second.nextPageToken).toBe("");
  expect(listed.map(({ userAgent }) => userAgent)).toEqual(["vitest", "desk", "phone", "vitest"]);
  expect(listed.map(({ isCurrent }) => isCurrent)).toEqual([true, false, false, false]);
  expect(listed[0]?.id).toBe(decodeJwt(tokens.accessToken).sid);

  await calls.revokeSession({ sessionId: listed[1]?.id as string });
  expect((await calls.listSessions({})).sessions).toHaveLength(3);
  expect(await reasonOf(calls.revokeSession({ sessionId: stranger }))).toBe("SESSION_NOT_FOUND");
  const bob = await login(house, "bob");
  expect(await reasonOf(bob.calls.revokeSession({ sessionId: listed[0]?.id as string }))).toBe("SESSION_NOT_FOUND");
  expect(await reasonOf(bob.calls.listSessions({ pageToken: first.nextPageToken }))).toBe("INVALID_PAGE_TOKEN");
});

test("above the limit of sessions the oldest is ended", { timeout: 30_000 }, async () => {
  const house = await openHouse();
  const oldest = await register(house, "alice");
  for (let count = 1; count < limits.token.sessionsPerUser; count += 1) await login(house, "alice");
  expect(await reasonOf(oldest.calls.getUserInfo({}))).toBe("ok");
  const newest = await login(house, "alice");
  expect(await reasonOf(oldest.calls.getUserInfo({}))).toBe("TOKEN_REVOKED");
  expect((await newest.calls.listSessions({ pageSize: 200 })).sessions).toHaveLength(limits.token.sessionsPerUser);
});

test("a token says what it is worth", async () => {
  const house = await openHouse();
  const alice = await register(house, "alice");
  const validate = (token: string, service?: string) =>
    house.as().validateToken(service === undefined ? { token } : { token, service });
  const { accessToken } = alice.tokens;
  const answer = await validate(accessToken);
  expect(answer).toMatchObject({ valid: true, reason: "" });
  expect(answer.claims).toMatchObject({ userId: "1", username: "alice", role: UserRole.ADMIN, audience: ["veza"] });
  expect((await validate(accessToken, "chat")).valid).toBe(true);
  expect(await validate(accessToken, "elsewhere")).toMatchObject({ valid: false, reason: "UNAUTHENTICATED" });
  expect(await validate("rubbish")).toMatchObject({ valid: false, reason: "UNAUTHENTICATED" });
  await alice.calls.logout({});
  expect(await validate(accessToken)).toMatchObject({ valid: false, reason: "TOKEN_REVOKED" });
  house.clock.advance(limits.token.accessMs);
  expect((await validate(accessToken)).reason).toBe("TOKEN_EXPIRED");
});

test("e-mail address and last sign-in are for the account itself and administrators", async () => {
  const house = await openHouse();
  const admin = await register(house, "admin");
  const alice = await register(house, "alice");
  const bob = await register(house, "bob");
  const seenBy = async ({ calls }: typeof bob) => (await calls.getUserInfo({ userId: alice.user.id })).user;
  expect((await seenBy(admin))?.email).toBe("alice@example.org");
  expect((await seenBy(alice))?.email).toBe("alice@example.org");
  expect(await seenBy(bob)).toMatchObject({ username: "alice", email: "" });
  expect((await seenBy(bob))?.lastLoginAt).toBeUndefined();
  expect(await reasonOf(bob.calls.getUserInfo({ userId: "99" }))).toBe("USER_NOT_FOUND");
});

test("a profile keeps what is left out; a new e-mail address signs in and has to be free", async () => {
  const house = await openHouse();
  await register(house, "alice");
  const bob = await register(house, "bob");
  const named = await bob.calls.updateProfile({ firstName: "Bob", lastName: "Builder" });
  expect(named.user).toMatchObject({ firstName: "Bob", lastName: "Builder", email: "bob@example.org" });
  const moved = await bob.calls.updateProfile({ email: "bob@elsewhere.org", lastName: "" });
  expect(moved.user).toMatchObject({ firstName: "Bob", lastName: "", email: "bob@elsewhere.org" });
  expect(await reasonOf(bob.calls.updateProfile({ email: "ALICE@example.org" }))).toBe("EMAIL_TAKEN");
  expect((await login(house, "bob@elsewhere.org")).user.id).toBe(bob.user.id);
  expect(await reasonOf(login(house, "bob@example.org"))).toBe("BAD_CREDENTIALS");
});

test("a new password ends the other sessions and not this one", async () => {
  const house = await openHouse();
  const here = await register(house, "alice");
  const there = await login(house, "alice");
  const change = (currentPassword: string) =>
    here.calls.changePassword({ currentPassword, newPassword: "another good password" });
  expect(await reasonOf(change("wrong password"))).toBe("BAD_CREDENTIALS");
  await change(password);
  expect(await reasonOf(here.calls.getUserInfo({}))).toBe("ok");
  expect(await reasonOf(there.calls.getUserInfo({}))).toBe("TOKEN_REVOKED");
  expect(await reasonOf(refresh(house, there.tokens.refreshToken))).toBe("REFRESH_TOKEN_INVALID");
  expect(await reasonOf(login(house, "alice"))).toBe("BAD_CREDENTIALS");
  expect(await reasonOf(login(house, "alice", "another good password"))).toBe("ok");
});

test("of two changes of a password at once one wins", async () => {
  const house = await openHouse();
  const { calls } = await register(house, "alice");
  const change = (newPassword: string) => reasonOf(calls.changePassword({ currentPassword: password, newPassword }));
  const outcomes = await Promise.all([change("the first one"), change("the second one")]);
  expect(outcomes.sort()).toEqual(["BAD_CREDENTIALS", "ok"]);
});

test("a token is revoked by whose it is or by an administrator, by its access or its refresh token", async () => {
  const house = await openHouse();
  const admin = await register(house, "admin");
  const alice = await register(house, "alice");
  const bob = await register(house, "bob");
  const revokeAlices = (by: typeof alice) => by.calls.revokeToken({ token: alice.tokens.refreshToken, reason: "test" });
  expect(await reasonOf(revokeAlices(bob))).toBe("NOT_YOUR_ACCOUNT");
  expect(await reasonOf(bob.calls.revokeToken({ token: "rubbish" }))).toBe("TOKEN_INVALID");
  expect(await reasonOf(alice.calls.getUserInfo({}))).toBe("ok");
  await revokeAlices(admin);
  await revokeAlices(admin);
  expect(await reasonOf(alice.calls.getUserInfo({}))).toBe("TOKEN_REVOKED");
  await bob.calls.revokeToken({ token: bob.tokens.accessToken });
  expect(await reasonOf(bob.calls.getUserInfo({}))).toBe("TOKEN_REVOKED");
});

test("another role makes older tokens worthless, even those of the same millisecond", async () => {
  const house = await openHouse();
  const admin = await register(house, "admin");
  const alice = await register(house, "alice");
  expect(await reasonOf(alice.calls.setUserRole({ userId: alice.user.id, role: UserRole.ADMIN }))).toBe("ADMIN_ONLY");
  let { accessToken, refreshToken } = alice.tokens;
  for (const role of [UserRole.PREMIUM, UserRole.ADMIN, UserRole.USER]) {
    const { user } = await admin.calls.setUserRole({ userId: alice.user.id, role });
    expect(user?.role).toBe(role);
    expect(await reasonOf(house.as(accessToken).getUserInfo({}))).toBe("TOKEN_REVOKED");
    ({ accessToken, refreshToken } = await refresh(house, refreshToken));
    expect((await house.as().validateToken({ token: accessToken })).claims?.role).toBe(role);
  }
  await admin.calls.setUserRole({ userId: alice.user.id, role: UserRole.USER });
  expect(await reasonOf(house.as(accessToken).getUserInfo({}))).toBe("ok");
  expect(await reasonOf(admin.calls.setUserRole({ userId: "99", role: UserRole.USER }))).toBe("USER_NOT_FOUND");
});

test("an account that is switched off is out until it is switched on", async () => {
  const house = await openHouse();
  const admin = await register(house, "admin");
  const alice = await register(house, "alice");
  await admin.calls.setUserActive({ userId: alice.user.id, isActive: false });
  expect(await reasonOf(alice.calls.getUserInfo({}))).toBe("TOKEN_REVOKED");
  expect(await reasonOf(refresh(house, alice.tokens.refreshToken))).toBe("REFRESH_TOKEN_INVALID");
  expect(await reasonOf(login(house, "alice"))).toBe("ACCOUNT_INACTIVE");
  expect(await reasonOf(login(house, "alice", "wrong password"))).toBe("BAD_CREDENTIALS");
  await admin.calls.setUserActive({ userId: alice.user.id, isActive: true });
  const back = await login(house, "alice");
  expect(await reasonOf(back.calls.getUserInfo({}))).toBe("ok");
  expect(await reasonOf(alice.calls.getUserInfo({}))).toBe("TOKEN_REVOKED");
});

test("what administrators do is written down, once, and read by administrators only", async () => {
  const house = await openHouse();
  const admin = await register(house, "admin");
  const alice = await register(house, "alice");
  const { id } = alice.user;
  await admin.calls.setUserRole({ userId: id, role: UserRole.PREMIUM });
  await admin.calls.setUserRole({ userId: id, role: UserRole.PREMIUM });
  await admin.calls.revokeToken({ token: alice.tokens.refreshToken, reason: "found phone" });
  await admin.calls.revokeToken({ token: alice.tokens.refreshToken, reason: "again" });
  await admin.calls.revokeToken({ token: (await login(house, "admin")).tokens.refreshToken, reason: "my own" });
  await admin.calls.setUserActive({ userId: id, isActive: false });
  await admin.calls.setUserActive({ userId: id, isActive: true });
  expect(await reasonOf(admin.calls.setUserRole({ userId: "99", role: UserRole.USER }))).toBe("USER_NOT_FOUND");

  const first = await admin.calls.listAuditLog({ pageSize: 3 });
  const second = await admin.calls.listAuditLog({ pageSize: 3, pageToken: first.nextPageToken });
  const lines = [...first.entries, ...second.entries].reverse();
  expect(lines.map(({ sequence, action, details }) => [Number(sequence), action, details])).toEqual([
    [1, AuditAction.SET_ROLE, "user → premium"],
    [2, AuditAction.REVOKE_TOKEN, "found phone"],
    [3, AuditAction.SWITCH_OFF, ""],
    [4, AuditAction.SWITCH_ON, ""],
  ]);
  expect(new Set(lines.map(({ actorId, targetUserId }) => `${actorId} ${targetUserId}`))).toEqual(
    new Set([`${admin.user.id} ${id}`]),
  );
  expect(second.nextPageToken).toBe("");
  const bob = await register(house, "bob");
  expect(await reasonOf(bob.calls.listAuditLog({}))).toBe("ADMIN_ONLY");
  expect(await reasonOf(house.as().listAuditLog({}))).toBe("UNAUTHENTICATED");
});

test("the last administrator stays", async () => {
  const house = await openHouse();
  const admin = await register(house, "admin");
  const alice = await register(house, "alice");
  const { id } = admin.user;
  expect(await reasonOf(admin.calls.setUserRole({ userId: id, role: UserRole.USER }))).toBe("LAST_ADMIN");
  expect(await reasonOf(admin.calls.setUserActive({ userId: id, isActive: false }))).toBe("LAST_ADMIN");
  expect(await reasonOf(admin.calls.deleteAccount({ password }))).toBe("LAST_ADMIN");

  await admin.calls.setUserRole({ userId: alice.user.id, role: UserRole.ADMIN });
  const second = await login(house, "alice");
  const outcomes = await Promise.all([
    reasonOf(admin.calls.deleteAccount({ password })),
    reasonOf(second.calls.deleteAccount({ password })),
  ]);
  expect(outcomes.sort()).toEqual(["LAST_ADMIN", "ok"]);
});

test("an erased account leaves nothing but its number, and other services hear of it", async () => {
  const house = await openHouse();
  const admin = await register(house, "admin");
  const alice = await register(house, "alice");
  let rings = 0;
  house.platform.bus.subscribe("auth.erased", () => {
    rings += 1;
  });
  expect(await reasonOf(alice.calls.deleteAccount({ password: "wrong password" }))).toBe("BAD_CREDENTIALS");
  await alice.calls.deleteAccount({ password });
  expect(rings).toBe(1);
  expect(await reasonOf(alice.calls.getUserInfo({}))).toBe("TOKEN_REVOKED");
  expect(await reasonOf(refresh(house, alice.tokens.refreshToken))).toBe("REFRESH_TOKEN_INVALID");
  expect(await reasonOf(login(house, "alice"))).toBe("BAD_CREDENTIALS");
  expect(await reasonOf(admin.calls.getUserInfo({ userId: alice.user.id }))).toBe("USER_NOT_FOUND");

  const next = await register(house, "alice");
  expect(next.user.id).not.toBe(alice.user.id);
  await next.calls.deleteAccount({ password });
  const erased = await house.auth.peer.erasedAfter(0);
  expect(erased.map(({ userId }) => userId)).toEqual([alice.user.id, next.user.id]);
  expect(await house.auth.peer.erasedAfter(erased[0]?.sequence as number)).toEqual(erased.slice(1));
});

test("other services learn the name, role and state of accounts", async () => {
  const house = await openHouse();
  const admin = await register(house, "admin");
  const alice = await register(house, "alice");
  await admin.calls.setUserActive({ userId: alice.user.id, isActive: false });
  const ids = [alice.user.id, admin.user.id, "99"].map((id) => id as UserId);
  const facts = await house.auth.peer.accounts(ids);
  expect(facts).toHaveLength(2);
  expect(facts).toContainEqual({ id: alice.user.id, username: "alice", role: "user", isActive: false });
});

test("what a user may do is asked of the service that knows", async () => {
  const peers: PermissionPeers = {
    chat: {
      async roomPermissions(userId, role) {
        if (role === "admin") return ["read", "write", "moderate"];
        if (userId === "2") return ["read", "write"];
        throw new Failure(Reason.ROOM_NOT_FOUND);
      },
    },
    stream: { streamPermissions: async () => ["read"] },
  };
  const house = await openHouse({ peers });
  const admin = await register(house, "admin");
  const alice = await register(house, "alice");
  const bob = await register(house, "bob");
  const room = { resource: "chat.room", resourceId: stranger };
  const own = await alice.calls.checkPermissions({ ...room, action: "write" });
  expect(own).toMatchObject({ allowed: true, permissions: ["read", "write"] });
  expect((await alice.calls.checkPermissions({ ...room, action: "moderate" })).allowed).toBe(false);
  expect((await admin.calls.checkPermissions({ ...room, action: "moderate" })).allowed).toBe(true);
  const stream = { resource: "stream.channel", resourceId: stranger, action: "read" };
  expect((await alice.calls.checkPermissions(stream)).allowed).toBe(true);

  expect(await reasonOf(bob.calls.checkPermissions({ ...room, action: "read" }))).toBe("ROOM_NOT_FOUND");
  const others = { ...room, action: "read", userId: bob.user.id };
  expect(await reasonOf(alice.calls.checkPermissions(others))).toBe("NOT_YOUR_ACCOUNT");
  expect(await admin.calls.checkPermissions(others)).toMatchObject({ allowed: false, permissions: [] });
  expect(await reasonOf(admin.calls.checkPermissions({ ...others, userId: "99" }))).toBe("USER_NOT_FOUND");
});

test("after a rotation the previous key verifies until its tokens expired", async () => {
  const monthMs = 30 * 24 * 60 * 60 * 1000;
  let house = await openHouse();
  await register(house, "alice");
  const [firstKey] = (await house.auth.jwks()).keys;
  house.clock.advance(monthMs - 1000);
  const before = await login(house, "alice");
  house.clock.advance(1000);
  house = await house.restart();

  const after = await login(house, "alice");
  const kids = (await house.auth.jwks()).keys.map(({ kid }) => kid);
  expect(kids).toHaveLength(2);
  expect(kids[1]).toBe(firstKey?.kid);
  expect(decodeProtectedHeader(after.tokens.accessToken).kid).toBe(kids[0]);
  expect(await reasonOf(house.as(before.tokens.accessToken).getUserInfo({}))).toBe("ok");

  house.clock.advance(limits.token.accessMs);
  expect((await house.auth.jwks()).keys.map(({ kid }) => kid)).toEqual([kids[0]]);
});

test("what another service says that an administrator did is written down once, however often it says so", async () => {
  const house = await openHouse();
  const admin = await register(house, "admin");
  const act = (id: string, action: AuditAction) => ({
    id,
    at: house.clock.now(),
    actorId: admin.user.id as UserId,
    action,
    targetUserId: "0" as UserId,
    targetStreamId: "a stream" as StreamId,
    details: "",
  });
  const [start, stop] = [act("one", AuditAction.START_STREAM), act("two", AuditAction.STOP_STREAM)];
  await house.auth.peer.addAudits([start]);
  await Promise.all([house.auth.peer.addAudits([start, stop]), house.auth.peer.addAudits([start, stop])]).catch(
    () => undefined,
  );
  await house.auth.peer.addAudits([start, stop]);
  const { entries } = await admin.calls.listAuditLog({});
  expect(entries.map(({ sequence, action, targetStreamId }) => [Number(sequence), action, targetStreamId])).toEqual([
    [2, AuditAction.STOP_STREAM, "a stream"],
    [1, AuditAction.START_STREAM, "a stream"],
  ]);
});
