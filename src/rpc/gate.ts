import { type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { Access, access as accessOption } from "#gen/veza/options/v1/options_pb.ts";
import type { ClusterCredential } from "../platform/access/cluster-credential.ts";
import { builtInUser, type Principal } from "../platform/access/principal.ts";
import type { TokenVerifier } from "../platform/access/token-verifier.ts";
import { Failure, Reason } from "../platform/failure.ts";
import type { CallReports } from "./call-reports.ts";
import { failureToStatus } from "./errors.ts";
import { clientAddressKey } from "./peer-address.ts";
import { principalKey } from "./principal.ts";
import type { RateLimit } from "./rate-limit.ts";

/** What the gate looks at: the headers of a call, before its body is read. */
export interface GateContext extends Pick<HandlerContext, "values"> {
  readonly method: DescMethod;
  readonly authorization: string | undefined;
}

/**
 * Lets a call in or throws UNAUTHENTICATED, TOKEN_EXPIRED, TOKEN_REVOKED, ADMIN_ONLY or RATE_LIMITED. The caller becomes the
 * context's principal. Answers at once unless a token has to be verified for the first time.
 * A process of the cluster, which shows the cluster's credential instead of a token, calls as the built-in user, and only
 * it may call what is for processes.
 */
export type Gate = (context: GateContext) => void | Promise<void>;

const ofCluster = "Veza-Cluster ";
const bearer = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i;
const usual = "Bearer ey";

/** Undefined for what holds no token. */
function tokenIn(authorization: string): string | undefined {
  // As nearly all are written. One that goes on with anything else is not found among those that were good, nor is it good.
  if (authorization.startsWith(usual) && !authorization.endsWith(" ")) return authorization.slice("Bearer ".length);
  return bearer.exec(authorization)?.[1];
}

export function createGate(needs: {
  verifier: TokenVerifier;
  /** Undefined where no other processes call. */
  cluster?: Pick<ClusterCredential, "accepts"> | undefined;
  publicServices: ReadonlySet<string>;
  rateLimit: RateLimit;
  reports: CallReports;
}): Gate {
  const { verifier, cluster, publicServices, rateLimit, reports } = needs;

  function enter(context: GateContext): void | Promise<void> {
    const required = accessOf(context.method, publicServices);
    if (required === Access.PUBLIC) {
      rateLimit(context.method, context.values.get(clientAddressKey));
      return;
    }
    if (context.authorization?.startsWith(ofCluster)) {
      if (cluster?.accepts(context.authorization.slice(ofCluster.length)) !== true)
        throw new Failure(Reason.UNAUTHENTICATED);
      if (required === Access.ADMIN) throw new Failure(Reason.ADMIN_ONLY);
      context.values.set(principalKey, builtInUser);
      return;
    }
    if (required === Access.CLUSTER) throw new Failure(Reason.UNAUTHENTICATED);
    const token = context.authorization === undefined ? undefined : tokenIn(context.authorization);
    if (token === undefined) throw new Failure(Reason.UNAUTHENTICATED);
    const principal = verifier.verify(token);
    return principal instanceof Promise
      ? principal.then((known) => admit(context, required, known))
      : admit(context, required, principal);
  }

  function admit(context: GateContext, required: Access, principal: Principal): void {
    if (required === Access.ADMIN && principal.role !== "admin") throw new Failure(Reason.ADMIN_ONLY);
    rateLimit(context.method, principal.userId);
    context.values.set(principalKey, principal);
  }

  /** Interceptors do not see what is refused here: it is reported here. */
  function refuse(context: GateContext, error: unknown): never {
    const status = failureToStatus(error instanceof Failure ? error : new Failure(Reason.INTERNAL));
    reports.refused(context.values, context.method, status);
    throw error;
  }

  return (context) => {
    try {
      return enter(context)?.catch((error: unknown) => refuse(context, error));
    } catch (error) {
      refuse(context, error);
    }
  };
}

const accesses = new WeakMap<DescMethod, Access>();

/** Who may call a method, as its option in the contract says. Foreign services have no such option: they are named. */
function accessOf(method: DescMethod, publicServices: ReadonlySet<string>): Access {
  let found = accesses.get(method);
  if (found === undefined) {
    if (publicServices.has(method.parent.typeName)) found = Access.PUBLIC;
    else found = hasOption(method, accessOption) ? getOption(method, accessOption) : Access.SIGNED_IN;
    accesses.set(method, found);
  }
  return found;
}
