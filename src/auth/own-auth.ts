import { AuthService } from "#gen/veza/auth/v1/auth_service_pb.ts";
import { createAllowances } from "../platform/access/allowances.ts";
import { createJwtVerifier } from "../platform/access/jwt-verifier.ts";
import { audience, signingAlgorithm } from "../platform/access/own-tokens.ts";
import { limits } from "../platform/limits.ts";
import { createAccountExporter } from "../platform/peers/account-export.ts";
import type { PermissionPeers } from "../platform/peers/peers.ts";
import type { Platform } from "../platform/platform.ts";
import { randomSecret } from "../platform/secrets/secrets.ts";
import { routes } from "../rpc/routes.ts";
import { accountSection, sessionSection } from "./account-export.ts";
import { createAccounts } from "./accounts.ts";
import { createAdministration } from "./administration.ts";
import type { Auth } from "./auth.ts";
import { createAuthPeer } from "./auth-peer.ts";
import { countedSignIn } from "./counted-sign-in.ts";
import { createErasure } from "./erasure.ts";
import { limitGuesses } from "./password-guesses.ts";
import { createPasswords } from "./passwords.ts";
import { createPermissionCheck } from "./permission-check.ts";
import { createRefreshTokens } from "./refresh-tokens.ts";
import { accountHandlers } from "./rpc/account-handlers.ts";
import { administrationHandlers } from "./rpc/administration-handlers.ts";
import { auditHandlers } from "./rpc/audit-handlers.ts";
import { checkHandlers } from "./rpc/check-handlers.ts";
import { sessionHandlers } from "./rpc/session-handlers.ts";
import { signInHandlers } from "./rpc/sign-in-handlers.ts";
import { createSessionSweep } from "./session-sweep.ts";
import { createSessions } from "./sessions.ts";
import { createSignIn } from "./sign-in.ts";
import { createSigningKeys } from "./signing-keys.ts";
import type { AuthStore } from "./store.ts";
import { startSweeps } from "./sweeps.ts";
import { createTokenCheck } from "./token-check.ts";
import { createTokenIssuer } from "./token-issuer.ts";

/** Auth where Veza keeps the accounts itself. */
export async function createOwnAuth(needs: {
  platform: Platform;
  peers: () => PermissionPeers;
  store: AuthStore;
}): Promise<Auth> {
  const { platform, peers, store } = needs;
  const { bus, clock, config, log, metrics, revocations, secrets } = platform;
  const issuerName = config.publicUrl ?? "veza";

  const keys = await createSigningKeys({ secrets, clock });
  const refreshTokens = createRefreshTokens(await randomSecret(secrets, "refresh.key", 32));
  const anyPasswords = await createPasswords();
  const passwords = config.rateLimit
    ? limitGuesses(anyPasswords, createAllowances({ clock, allowance: limits.rates.wrongPasswords }))
    : anyPasswords;
  const issuer = createTokenIssuer({ keys, refreshTokens, issuer: issuerName });
  const verifier = createJwtVerifier({
    keys: keys.find,
    algorithms: [signingAlgorithm],
    issuer: issuerName,
    audience,
    clock,
    revocations,
  });
  const peer = createAuthPeer(store);
  const sessions = createSessions({ store, issuer, refreshTokens, revocations, clock, log });
  const signIn = countedSignIn(createSignIn({ store, passwords, sessions, clock }), metrics);
  const accounts = createAccounts({ store, passwords, revocations, clock });
  const erasure = createErasure({ store, passwords, revocations, bus, clock });
  const administration = createAdministration({ store, revocations, clock, log });

  const sweeps = startSweeps(
    [createSessionSweep({ store, clock }), { name: "signing keys", everyMs: 60 * 60 * 1000, run: () => keys.rotate() }],
    { log },
  );

  return {
    verifier,
    peer,
    exporter: createAccountExporter([accountSection((userId) => store.account(userId)), sessionSection(store, clock)]),
    routes: routes(AuthService, {
      ...signInHandlers({ signIn, sessions }),
      ...sessionHandlers({ sessions }),
      ...accountHandlers({ accounts, erasure }),
      ...administrationHandlers({ administration }),
      ...auditHandlers({ store }),
      ...checkHandlers({
        tokenCheck: createTokenCheck({ verifier }),
        permissionCheck: createPermissionCheck({ accounts: peer.accounts, peers }),
      }),
    }),
    jwks: keys.jwks,
    [Symbol.asyncDispose]: () => sweeps[Symbol.asyncDispose](),
  };
}
