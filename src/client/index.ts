export type { FollowEnd } from "./after-cut.ts";
export { type FieldProblem, isTransient, type Problem, problemOf, type ReasonName } from "./errors.ts";
export { type FollowOptions, type FollowState, follow } from "./follow.ts";
export { type Network, steadyNetwork } from "./network.ts";
export { createSession, type Registration, type Session, type SessionChange, type SessionOptions } from "./session.ts";
export { systemTimers, type Timers } from "./timers.ts";
export { type Account, createMemoryStorage, type HeldTokens, type TokenStorage } from "./token-storage.ts";
