import type { UserId } from "../platform/ids.ts";
import type { Visitor } from "../platform/peers/peers.ts";
import type { Account } from "./store.ts";

/** The people whom an outside issuer vouches for: Veza knows of them what their tokens said. */
export interface Visitors {
  /** Remembers whom a token speaks for, or what is new about them. Survives any crash once the promise resolves. */
  welcome(visitor: Visitor, at: number): Promise<void>;
  /** Those who were here, in no particular order; others are missing. */
  accounts(ids: readonly UserId[]): Promise<Account[]>;
}
