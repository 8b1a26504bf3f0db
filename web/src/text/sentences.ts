import { Code } from "@connectrpc/connect";
import { type Problem, problemOf } from "../../../src/client/index.ts";

/** What a call threw, as a sentence for the person at the screen. */
export function sentenceOf(thrown: unknown): string {
  return sentenceOfProblem(problemOf(thrown));
}

export function sentenceOfProblem(problem: Problem): string {
  const own = problem.reason === "" ? undefined : OWN_WORDS[problem.reason];
  if (own !== undefined) return own;
  if (problem.code === Code.Internal)
    return "Something went wrong on the server. Try again; if it stays, tell who runs it.";
  const [first] = problem.violations;
  if (first !== undefined) return finished(`${first.field.replaceAll("_", " ")}: ${first.sentence}`);
  return finished(problem.sentence);
}

/** The contract's sentences begin small and end without a stop, so that they fit into others. */
export function finished(sentence: string): string {
  const text = sentence.charAt(0).toUpperCase() + sentence.slice(1);
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

/** Where the contract speaks to programs, in words for people. */
const OWN_WORDS: Partial<Record<Exclude<Problem["reason"], "">, string>> = {
  INVITE_REQUIRED: "This room is joined by invitation: ask a member for an invite link.",
  INVITE_INVALID: "This invite link is used up or has expired: ask for a new one.",
  REFRESH_TOKEN_INVALID: "Your session has ended: sign in again.",
  REFRESH_TOKEN_REUSED: "Your session was ended to protect your account: sign in again.",
  TOKEN_REVOKED: "Your session was ended: sign in again.",
  UNAUTHENTICATED: "Sign in first.",
  BAD_CREDENTIALS: "That name and password do not belong together: check both.",
  RATE_LIMITED: "That was a lot at once: wait a moment, then try again.",
  SLOW_MODE: "Slow mode is on: wait a little before you send again.",
  OWNER_CANNOT_LEAVE: "You own this room: hand it over to another member before you leave.",
};
