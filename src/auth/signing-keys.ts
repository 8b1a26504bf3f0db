import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
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
import type { Clock } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";
import { writeSecretOnce } from "./secret-files.ts";

export const signingAlgorithm = "EdDSA";

const replacedAfterMs = 30 * 24 * 60 * 60 * 1000;

/** A key file: `signing-<kid>.json`. */
const keyFile = z.object({
  created_at: z.number(),
  private_jwk: z.object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string(), d: z.string() }),
});

interface SigningKey {
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
  jwks(): JSONWebKeySet;
  /** Makes a new key when the current one is old enough, and deletes those that no valid token needs. */
  rotate(): Promise<void>;
}

/** Loads the keys from a directory; makes the first one. Throws when a file there is no key. */
export async function createSigningKeys(needs: { directory: string; clock: Clock }): Promise<SigningKeys> {
  const { directory, clock } = needs;
  const pathOf = (kid: string) => join(directory, `signing-${kid}.json`);
  /** The newest first. Never empty once this function is done. */
  let keys = await loadKeys(directory);

  /** The current key, and those whose last tokens have not expired: a key stops signing when the next one is made. */
  const living = () =>
    keys.filter((_, index) => {
      const next = keys[index - 1];
      return next === undefined || clock.now() < next.createdAt + limits.token.accessMs;
    });

  async function rotate(): Promise<void> {
    const newest = keys[0];
    if (newest === undefined || clock.now() - newest.createdAt >= replacedAfterMs) {
      const { kid, content } = await generateKey(clock.now());
      await writeSecretOnce(pathOf(kid), content);
      keys = [await readKey(content), ...keys];
    }
    const kept = living();
    for (const key of keys) if (!kept.includes(key)) await rm(pathOf(key.kid), { force: true });
    keys = kept;
  }
  await rotate();

  return {
    current: () => keys[0] as SigningKey,
    find({ alg, kid }) {
      const key = alg === signingAlgorithm ? living().find((each) => each.kid === kid) : undefined;
      if (key === undefined) throw new errors.JWKSNoMatchingKey();
      return key.publicKey;
    },
    jwks: () => ({ keys: living().map((key) => key.publicJwk) }),
    rotate,
  };
}

async function loadKeys(directory: string): Promise<SigningKey[]> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const names = (await readdir(directory)).filter((name) => /^signing-.+\.json$/.test(name));
  const keys = await Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      try {
        return await readKey(await readFile(path, "utf8"));
      } catch (error) {
        throw new Error(`${path} is not a signing key: restore it, or delete it and sign-ins are renewed`, {
          cause: error,
        });
      }
    }),
  );
  return keys.sort((one, other) => other.createdAt - one.createdAt);
}

async function generateKey(createdAt: number): Promise<{ kid: string; content: string }> {
  const { privateKey } = await generateKeyPair(signingAlgorithm, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const content = JSON.stringify({ created_at: createdAt, private_jwk: jwk });
  return { kid: await calculateJwkThumbprint(jwk), content: `${content}\n` };
}

async function readKey(content: string): Promise<SigningKey> {
  const { created_at: createdAt, private_jwk: jwk } = keyFile.parse(JSON.parse(content));
  // RFC 7638: the name of a key follows from the key, so no file can claim another's.
  const kid = await calculateJwkThumbprint(jwk);
  const { d: _, ...bare } = jwk;
  const publicJwk = { ...bare, kid, alg: signingAlgorithm, use: "sig" };
  return {
    kid,
    createdAt,
    publicJwk,
    privateKey: (await importJWK(jwk, signingAlgorithm)) as CryptoKey,
    publicKey: (await importJWK(publicJwk, signingAlgorithm)) as CryptoKey,
  };
}
