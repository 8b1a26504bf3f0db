import {
  type CryptoKey,
  calculateJwkThumbprint,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  type JWTVerifyGetKey,
} from "jose";
import * as z from "zod/mini";
import { signingAlgorithm } from "../platform/access/own-tokens.ts";
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import type { Secrets } from "../platform/secrets/secrets.ts";

const replacedAfterMs = 30 * 24 * 60 * 60 * 1000;

const prefix = "signing-";
const suffix = ".json";

/** What is kept of a key. */
const keptKey = z.object({
  created_at: z.number(),
  private_jwk: z.object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string(), d: z.string() }),
});

interface SigningKey {
  /** What it is kept under: it names the key before it. */
  readonly name: string;
  readonly kid: string;
  readonly createdAt: number;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly publicJwk: JWK;
}

/** The keys that access tokens are signed with: the newest signs, the one before it still verifies for a while. */
export interface SigningKeys {
  current(): { readonly kid: string; readonly privateKey: CryptoKey };
  /** The public key that a token names. Throws a JOSEError when there is none, or none any more. */
  readonly find: JWTVerifyGetKey<CryptoKey>;
  /** The public keys, for everybody. */
  jwks(): Promise<JSONWebKeySet>;
  /** Makes a new key when the current one is old enough, and deletes those that no valid token needs. */
  rotate(): Promise<void>;
}

/**
 * Loads the keys from where all who sign keep theirs; makes the first one. Throws when something there is no key.
 * Another process may make the next key: a token's key that is not known here is looked for there.
 */
export async function createSigningKeys(needs: { secrets: Secrets; clock: Clock }): Promise<SigningKeys> {
  const { secrets, clock } = needs;
  /** The newest first. Never empty once this function is done. */
  let keys: SigningKey[] = [];
  let loadedAt = 0;
  let loading: Promise<void> | undefined;

  function load(): Promise<void> {
    loading ??= loadKeys(secrets)
      .then((loaded) => {
        keys = loaded;
        loadedAt = clock.now();
      })
      .finally(() => {
        loading = undefined;
      });
    return loading;
  }
  /** Looks what the others have made, at most once in a while. */
  async function refresh(): Promise<void> {
    if (clock.now() - loadedAt >= limits.token.keysReloadMs) await load();
  }

  /** The current key, and those whose last tokens have not expired: a key stops signing when the next one is made. */
  const living = () =>
    keys.filter((_, index) => {
      const next = keys[index - 1];
      return next === undefined || clock.now() < next.createdAt + limits.token.accessMs;
    });
  const find = (kid: string | undefined) => living().find((key) => key.kid === kid);

  async function rotate(): Promise<void> {
    await load();
    const newest = keys[0];
    if (newest === undefined || clock.now() - newest.createdAt >= replacedAfterMs) {
      // A key has one successor: of processes that make it at the same time, one is first and the others take its.
      const place = newest === undefined ? "first" : `after-${newest.kid}`;
      await secrets.keep(`${prefix}${place}${suffix}`, () => generateKey(clock.now()));
      await load();
    }
    const kept = living();
    for (const key of keys) if (!kept.includes(key)) await secrets.forget(key.name);
    keys = kept;
  }
  await rotate();

  return {
    current: () => keys[0] as SigningKey,
    async find({ alg, kid }) {
      let key = find(kid);
      if (key === undefined) {
        await refresh();
        key = find(kid);
      }
      if (key === undefined || alg !== signingAlgorithm) throw new errors.JWKSNoMatchingKey();
      return key.publicKey;
    },
    async jwks() {
      await refresh();
      return { keys: living().map((key) => key.publicJwk) };
    },
    rotate,
  };
}

async function loadKeys(secrets: Secrets): Promise<SigningKey[]> {
  const found = (await secrets.list(prefix)).filter(({ name }) => name.endsWith(suffix));
  const keys = await Promise.all(
    found.map(async ({ name, content }) => {
      try {
        return await readKey(name, content);
      } catch (error) {
        const sentence = "is not a signing key: restore it, or delete it and sign-ins are renewed";
        throw new Error(`${secrets.placeOf(name)} ${sentence}`, { cause: error });
      }
    }),
  );
  return keys.sort((one, other) => other.createdAt - one.createdAt);
}

async function generateKey(createdAt: number): Promise<string> {
  const { privateKey } = await generateKeyPair(signingAlgorithm, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return `${JSON.stringify({ created_at: createdAt, private_jwk: jwk })}\n`;
}

async function readKey(name: string, content: string): Promise<SigningKey> {
  const { created_at: createdAt, private_jwk: jwk } = keptKey.parse(JSON.parse(content));
  // RFC 7638: the name of a key follows from the key, so no file can claim another's.
  const kid = await calculateJwkThumbprint(jwk);
  const { d: _, ...bare } = jwk;
  const publicJwk = { ...bare, kid, alg: signingAlgorithm, use: "sig" };
  return {
    name,
    kid,
    createdAt,
    publicJwk,
    privateKey: (await importJWK(jwk, signingAlgorithm)) as CryptoKey,
    publicKey: (await importJWK(publicJwk, signingAlgorithm)) as CryptoKey,
  };
}
