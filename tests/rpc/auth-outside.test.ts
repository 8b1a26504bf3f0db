import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { expect, onTestFinished, test } from "vitest";
import { UserRole } from "#gen/veza/auth/v1/user_pb.ts";
import { openHouse, password, reasonOf } from "./auth-kit.ts";

const issuer = "https://id.example.org";

/** An issuer that Veza does not run: its keys at an address, and tokens as such issuers make them. */
async function openIssuer() {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const keys = [{ ...(await exportJWK(publicKey)), kid: "outside", alg: "ES256", use: "sig" }];
  const server = createServer((_, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return {
    environment: {
      VEZA_AUTH_ISSUER: issuer,
      VEZA_AUTH_JWKS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    },
    tokenFor: (sub: string, now: number, claims: JWTPayload = {}) =>
      new SignJWT({ preferred_username: `name of ${sub}`, jti: `token of ${sub}`, aud: "veza", iss: issuer, ...claims })
        .setProtectedHeader({ alg: "ES256", kid: "outside" })
        .setSubject(sub)
        .setIssuedAt(Math.floor(now / 1000))
        .setExpirationTime(Math.floor(now / 1000) + 60)
        .sign(privateKey),
  };
}

test("tokens of an outside issuer are accepted, and those who came are known", async () => {
  const outside = await openIssuer();
  const house = await openHouse({ environment: outside.environment });
  const alice = house.as(await outside.tokenFor("7", house.clock.now(), { role: "premium" }));
  const { user } = await alice.getUserInfo({});
  expect(user).toMatchObject({ id: "7", username: "name of 7", role: UserRole.PREMIUM, isActive: true });

  const bob = house.as(await outside.tokenFor("8", house.clock.now()));
  expect((await bob.getUserInfo({ userId: "7" })).user?.username).toBe("name of 7");
  expect(await reasonOf(bob.getUserInfo({ userId: "9" }))).toBe("USER_NOT_FOUND");
  const renamed = house.as(await outside.tokenFor("7", house.clock.now(), { username: "alice" }));
  expect((await renamed.getUserInfo({})).user).toMatchObject({ username: "alice", role: UserRole.USER });
  expect(await house.auth.jwks()).toEqual({ keys: [] });
});

test("tokens that do not name a user by a number, or are for somebody else, are refused", async () => {
  const outside = await openIssuer();
  const house = await openHouse({ environment: outside.environment });
  const now = house.clock.now();
  const refused = await Promise.all([
    outside.tokenFor("auth0|abc", now),
    outside.tokenFor("9007199254740993", now),
    outside.tokenFor("007", now),
    outside.tokenFor("7", now, { aud: "elsewhere" }),
    outside.tokenFor("7", now, { iss: "https://evil.example.org" }),
    outside.tokenFor("7", now, { username: "a\u0000b" }),
    outside.tokenFor("7", now, { username: "half \ud83d" }),
    outside.tokenFor("7", now, { username: "x".repeat(201) }),
    outside.tokenFor("7", now, { jti: "\u0000" }),
  ]);
  for (const token of refused) expect(await reasonOf(house.as(token).getUserInfo({}))).toBe("UNAUTHENTICATED");
  const old = await outside.tokenFor("7", now - 60_000);
  expect(await reasonOf(house.as(old).getUserInfo({}))).toBe("TOKEN_EXPIRED");
});

test("accounts of an outside issuer are kept there", async () => {
  const outside = await openIssuer();
  const house = await openHouse({ environment: outside.environment });
  const alice = house.as(await outside.tokenFor("7", house.clock.now()));
  expect(await reasonOf(house.as().login({ login: "alice", password }))).toBe("ISSUER_OUTSIDE");
  expect(await reasonOf(alice.logout({}))).toBe("ISSUER_OUTSIDE");
  expect(await reasonOf(alice.deleteAccount({ password }))).toBe("ISSUER_OUTSIDE");
});

test("while the issuer's keys cannot be read nobody is told that a token is bad", async () => {
  const outside = await openIssuer();
  const environment = { ...outside.environment, VEZA_AUTH_JWKS_URL: "http://127.0.0.1:9/jwks.json" };
  const house = await openHouse({ environment });
  const token = await outside.tokenFor("7", house.clock.now());
  expect(await reasonOf(house.as(token).getUserInfo({}))).toBe("UNAVAILABLE");
});
