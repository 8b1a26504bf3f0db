import type { JSONWebKeySet } from "jose";
import type { TokenVerifier } from "../platform/access/token-verifier.ts";
import type { AccountExporter } from "../platform/peers/account-export.ts";
import type { AuthPeer } from "../platform/peers/peers.ts";
import type { ServiceRoutes } from "../rpc/routes.ts";

/** Accounts, sessions and what they may do. */
export interface Auth extends AsyncDisposable {
  readonly routes: ServiceRoutes;
  readonly verifier: TokenVerifier;
  readonly peer: AuthPeer;
  readonly exporter: AccountExporter;
  /** For `/.well-known/jwks.json`: the public keys of the tokens that are valid now. */
  jwks(): Promise<JSONWebKeySet>;
}
