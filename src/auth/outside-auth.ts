import { AuthService } from "#gen/veza/auth/v1/auth_service_pb.ts";
import { createJwtVerifier } from "../platform/access/jwt-verifier.ts";
import { audience } from "../platform/access/own-tokens.ts";
import { createRemoteKeys, publicKeyAlgorithms } from "../platform/access/remote-keys.ts";
import type { UserId } from "../platform/ids.ts";
import { createAccountExporter } from "../platform/peers/account-export.ts";
import type { PermissionPeers } from "../platform/peers/peers.ts";
import type { Platform } from "../platform/platform.ts";
import { routes } from "../rpc/routes.ts";
import { accountSection } from "./account-export.ts";
import type { Auth } from "./auth.ts";
import { addAudits } from "./auth-peer.ts";
import { userNotFound } from "./errors.ts";
import { createPermissionCheck } from "./permission-check.ts";
import { accountReadHandlers } from "./rpc/account-handlers.ts";
import { auditHandlers } from "./rpc/audit-handlers.ts";
import { checkHandlers } from "./rpc/check-handlers.ts";
import { outsideHandlers } from "./rpc/outside-handlers.ts";
import type { AuthStore } from "./store.ts";
import { createTokenCheck } from "./token-check.ts";
import type { Visitors } from "./visitors.ts";

/** Auth where somebody else keeps the accounts: tokens are verified, people are known once they have been here. */
export function createOutsideAuth(needs: {
  platform: Platform;
  peers: () => PermissionPeers;
  visitors: Visitors;
  /** Of what is kept here all the same: what administrators did. */
  store: Pick<AuthStore, "write" | "auditLog">;
  outsideIssuer: { readonly issuer: string; readonly jwksUrl: string };
}): Auth {
  const { platform, peers, visitors, store, outsideIssuer } = needs;
  const { clock, log, revocations } = platform;
  const verifier = createJwtVerifier({
    keys: createRemoteKeys({ url: outsideIssuer.jwksUrl, log }),
    algorithms: publicKeyAlgorithms,
    issuer: outsideIssuer.issuer,
    audience,
    clock,
    revocations,
    welcome: (principal) => visitors.welcome(principal, clock.now()),
  });
  const accounts = {
    async get(userId: UserId) {
      const [account] = await visitors.accounts([userId]);
      if (account === undefined) throw userNotFound();
      return account;
    },
  };
  return {
    verifier,
    routes: routes(AuthService, {
      ...outsideHandlers,
      ...auditHandlers({ store }),
      ...accountReadHandlers({ accounts }),
      ...checkHandlers({
        tokenCheck: createTokenCheck({ verifier }),
        permissionCheck: createPermissionCheck({ accounts: visitors.accounts, peers }),
      }),
    }),
    exporter: createAccountExporter([accountSection(async (userId) => (await visitors.accounts([userId]))[0])]),
    peer: {
      accounts: visitors.accounts,
      erasedAfter: async () => [],
      revokedSince: async () => ({ revocations: [] }),
      addAudits: (acts) => addAudits(store, acts),
      welcome: (visitor) => visitors.welcome(visitor, clock.now()),
    },
    jwks: async () => ({ keys: [] }),
    async [Symbol.asyncDispose]() {},
  };
}
