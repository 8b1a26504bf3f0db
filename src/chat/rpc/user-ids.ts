import type { Principal } from "../../platform/access/principal.ts";
import type { UserId } from "../../platform/ids.ts";

/** The user that a request names. JSON lets a number be written in many ways (`07`, `+7`): here it has one. */
export function userIdOf(id: string): UserId {
  return BigInt(id).toString() as UserId;
}

/** The user that a request names; the caller when it names none. */
export function userOrCaller(id: string, caller: Principal): UserId {
  const userId = userIdOf(id);
  return userId === "0" ? caller.userId : userId;
}
