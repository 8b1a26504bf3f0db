import type { Principal } from "../../platform/access/principal.ts";
import type { UserId } from "../../platform/ids.ts";

/** The user that a request names; the caller when it names none. */
export function userOrCaller(userId: string, caller: Principal): UserId {
  return userId === "0" || userId === "" ? caller.userId : (userId as UserId);
}
