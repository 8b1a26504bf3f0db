import { type ContextKey, createContextKey, type HandlerContext } from "@connectrpc/connect";
import type { Principal } from "../platform/access/principal.ts";
import { Failure, Reason } from "../platform/failure.ts";

/** Set by the gate for every call but public ones. */
export const principalKey: ContextKey<Principal | undefined> = createContextKey<Principal | undefined>(undefined, {
  description: "principal",
});

/** Who makes the call. Throws UNAUTHENTICATED in a public method, where nobody is known. */
export function principalOf(context: Pick<HandlerContext, "values">): Principal {
  const principal = context.values.get(principalKey);
  if (principal === undefined) throw new Failure(Reason.UNAUTHENTICATED);
  return principal;
}
