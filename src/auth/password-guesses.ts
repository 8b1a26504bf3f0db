import type { Allowances } from "../platform/access/allowances.ts";
import { tooManyGuesses } from "./errors.ts";
import type { Passwords } from "./passwords.ts";

/**
 * Passwords that can be guessed at so often only, for each account and from wherever the guesses come. `matches` throws
 * RATE_LIMITED once an account has had its share of wrong ones, before it looks at another.
 */
export function limitGuesses(passwords: Passwords, wrongOnes: Allowances): Passwords {
  return {
    ...passwords,
    async matches(passwordHash, password, account, signal) {
      const wait = wrongOnes.wait(account);
      if (wait > 0) throw tooManyGuesses(wait);
      const matches = await passwords.matches(passwordHash, password, account, signal);
      if (!matches) wrongOnes.take(account);
      return matches;
    },
  };
}
