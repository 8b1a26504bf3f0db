import type { SessionId, UserId } from "../ids.ts";

/** The account's role across the service, as in `veza.auth.v1.UserRole`. */
export type AccountRole = "user" | "premium" | "admin";

/** Who makes a call, as its access token says. */
export interface Principal {
  readonly userId: UserId;
  readonly username: string;
  readonly role: AccountRole;
  readonly sessionId: SessionId;
  /** When the token was issued and when it expires: milliseconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Who processes of the cluster call each other's services as. No account has its number, and nobody can sign in as it. */
export const builtInUser: Principal = {
  userId: "-1" as UserId,
  username: "veza",
  role: "user",
  sessionId: "" as SessionId,
  issuedAt: 0,
  expiresAt: Number.MAX_SAFE_INTEGER,
};
