import { randomBytes } from "node:crypto";
import { type Algorithm, hash, verify } from "@node-rs/argon2";
import { limits } from "../platform/limits.ts";
import { createWorkPool } from "../platform/work-pool.ts";
import { tooManyHashes } from "./errors.ts";

/** The OWASP password storage cheat sheet's first choice for argon2id: 19 MiB, two passes, one lane. */
const cost = { algorithm: 2 satisfies Algorithm.Argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export interface Passwords {
  /** The hash to keep, in PHC form. */
  hash(password: string, signal: AbortSignal): Promise<string>;
  /**
   * Whether the password made the hash. Without a hash the answer is no, after the same work. `account` names whose it
   * would be, so that wrong ones can be counted.
   */
  matches(passwordHash: string | undefined, password: string, account: string, signal: AbortSignal): Promise<boolean>;
}

/** Hashes off the event loop, a few at once: each takes 19 MiB and some 30 ms of a core. */
export async function createPasswords(): Promise<Passwords> {
  const pool = createWorkPool({
    parallel: limits.password.parallelHashes,
    waiting: limits.password.waitingHashes,
    tooMany: tooManyHashes,
  });
  const nobodysHash = await hash(randomBytes(32), cost);
  // Keyboards and systems differ in how they write the same character.
  const canonical = (password: string) => password.normalize("NFKC");

  return {
    hash: (password, signal) => pool.run(() => hash(canonical(password), cost), signal),
    async matches(passwordHash, password, _account, signal) {
      const matches = await pool.run(() => verify(passwordHash ?? nobodysHash, canonical(password)), signal);
      return matches && passwordHash !== undefined;
    },
  };
}
