import { expect, test } from "vitest";
import { createClusterCredential } from "#src/platform/access/cluster-credential.ts";
import { limits } from "#src/platform/limits.ts";

const secret = "a secret of the cluster that has some length";

test("processes of one cluster know each other, for some minutes", () => {
  let now = 1_700_000_000_000;
  const clock = { now: () => now };
  const [one, other] = [createClusterCredential({ secret, clock }), createClusterCredential({ secret, clock })];
  const token = one.token();
  expect(other.accepts(token)).toBe(true);
  expect(one.token()).toBe(token);
  now += limits.cluster.renewMs;
  expect(one.token()).not.toBe(token);
  expect(other.accepts(token)).toBe(true);
  now += limits.cluster.tokenMs;
  expect(other.accepts(token)).toBe(false);
  expect(other.accepts(one.token())).toBe(true);
});

test("nobody else does, however the token is bent", () => {
  const clock = { now: () => 1_700_000_000_000 };
  const own = createClusterCredential({ secret, clock });
  const stranger = createClusterCredential({ secret: `${secret}!`, clock });
  expect(own.accepts(stranger.token())).toBe(false);
  const token = own.token();
  const [expires = "", signature = ""] = token.split(".");
  const later = `${(Number.parseInt(expires, 36) + 1).toString(36)}.${signature}`;
  for (const bent of ["", ".", expires, `${expires}.`, later, `${token}x`, token.slice(0, -2), ` ${token}`]) {
    expect(own.accepts(bent)).toBe(false);
  }
});
