// The kit for wherever JavaScript runs. `browser.ts` and `node.ts` are the doors to what only one of the two has.
export { type Backoff, createBackoff } from "./backoff.ts";
export { type FieldProblem, isTransient, type Problem, problemOf, type ReasonName } from "./errors.ts";
export { type FollowOptions, type FollowState, follow } from "./follow.ts";
export type { FollowEnd } from "./follow-end.ts";
export { createLocalLock, type Lock } from "./lock.ts";
export { type Network, steadyNetwork } from "./network.ts";
export { pause } from "./pause.ts";
export { createSession, type Registration, type Session, type SessionChange, type SessionOptions } from "./session.ts";
export { overSeveral } from "./several.ts";
export { systemTimers, type Timers } from "./timers.ts";
export { type Account, createMemoryStorage, type HeldTokens, type TokenStorage } from "./token-storage.ts";
