import type { Principal } from "../../platform/access/principal.ts";
import type { UserId } from "../../platform/ids.ts";

/** The user that a request names; the caller when it names none. JSON lets a number be written in many ways: here it has one. */
export function userOrCaller(id: string, caller: Principal): UserId {
  const userId = BigInt(id).toString() as UserId;
  return userId === "0" ? caller.userId : userId;
}
