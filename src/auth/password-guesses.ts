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
      // Taken before it is known, and given back to who was right: guesses that are made at once count one by one too.
      const wait = wrongOnes.take(account);
      if (wait > 0) throw tooManyGuesses(wait);
      let isWrong = false;
      try {
        isWrong = !(await passwords.matches(passwordHash, password, account, signal));
      } finally {
        if (!isWrong) wrongOnes.giveBack(account);
      }
      return !isWrong;
    },
  };
}
