import type { FetchImplementation } from "jose";
import { httpClientOf } from "../net/upstream/http-client.ts";
import type { Upstream } from "../net/upstream/upstream.ts";
import { createClusterKeys } from "../platform/access/cluster-keys.ts";
import { createJwtVerifier } from "../platform/access/jwt-verifier.ts";
import { audience, signingAlgorithm } from "../platform/access/own-tokens.ts";
import { createRemoteKeys, publicKeyAlgorithms } from "../platform/access/remote-keys.ts";
import type { TokenVerifier } from "../platform/access/token-verifier.ts";
import type { Peers } from "../platform/peers/peers.ts";
import type { Platform } from "../platform/platform.ts";

/** Verifies tokens in a process without auth. */
export interface RemoteVerifier extends Disposable {
  readonly verifier: TokenVerifier;
  /** False until it can tell a good token from a bad one. */
  readonly isReady: boolean;
}

/** With the keys that auth publishes, or with those of an outside issuer where one is trusted. */
export function createRemoteVerifier(needs: {
  platform: Platform;
  auth: Upstream;
  peers: () => Peers;
}): RemoteVerifier {
  const { platform, auth, peers } = needs;
  const { clock, config, log, revocations } = platform;
  if (config.outsideIssuer !== undefined) {
    const { issuer, jwksUrl } = config.outsideIssuer;
    const verifier = createJwtVerifier({
      keys: createRemoteKeys({ url: jwksUrl, log }),
      algorithms: publicKeyAlgorithms,
      issuer,
      audience,
      clock,
      revocations,
      welcome: (principal) => peers().auth.welcome(principal),
    });
    return { verifier, isReady: true, [Symbol.dispose]: () => undefined };
  }
  const keys = createClusterKeys({ url: `http://${auth.name}/.well-known/jwks.json`, fetch: fetchFrom(auth), log });
  const verifier = createJwtVerifier({
    keys: keys.find,
    algorithms: [signingAlgorithm],
    // These keys sign nothing but access tokens of this cluster, and what it calls itself is auth's to know.
    issuer: undefined,
    audience,
    clock,
    revocations,
  });
  return {
    verifier,
    get isReady() {
      return keys.isReady;
    },
    [Symbol.dispose]: () => keys[Symbol.dispose](),
  };
}

function fetchFrom(upstream: Upstream): FetchImplementation {
  const client = httpClientOf(upstream);
  return async (url, { method = "GET", headers, signal }) => {
    const { status, header, body } = await client({
      url,
      method,
      header: new Headers(headers),
      ...(signal != null && { signal }),
    });
    return new Response(await bytesOf(body), { status, headers: header });
  };
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const bytes of body) pieces.push(bytes);
  return Buffer.concat(pieces);
}
