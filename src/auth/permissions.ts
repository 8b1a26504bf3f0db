import type { Principal } from "../platform/access/principal.ts";
import type { UserId } from "../platform/ids.ts";
import type { Account } from "./store.ts";

/** Who may read an account's private fields, check what it may do and end its sessions. */
export function isSelfOrAdmin(principal: Pick<Principal, "userId" | "role">, userId: UserId): boolean {
  return principal.userId === userId || principal.role === "admin";
}

/** Whether the service counts on this account to be run. */
export function isActiveAdmin(account: Pick<Account, "role" | "isActive">): boolean {
  return account.role === "admin" && account.isActive;
}
