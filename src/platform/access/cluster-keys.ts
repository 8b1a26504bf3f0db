import { createRemoteJWKSet, customFetch, errors, type FetchImplementation, type JWTVerifyGetKey } from "jose";
import { Failure, Reason } from "../failure.ts";
import { limits } from "../limits.ts";
import type { Log } from "../log.ts";

/** The keys that auth signs with, where auth runs in another process. */
export interface ClusterKeys extends Disposable {
  readonly find: JWTVerifyGetKey;
  /** Whether there are any: until then nobody can be let in. */
  readonly isReady: boolean;
}

/**
 * Asks for the keys at once and now and then, and when an unknown one turns up. What is known stays known while auth
 * cannot be reached.
 */
export function createClusterKeys(needs: { url: string; fetch: FetchImplementation; log: Log }): ClusterKeys {
  const { url, fetch, log } = needs;
  const keys = createRemoteJWKSet(new URL(url), {
    [customFetch]: fetch,
    cooldownDuration: limits.token.keysReloadMs,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    timeoutDuration: limits.peers.askMs,
  });
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const isReady = () => keys.jwks() !== undefined;

  async function refresh(): Promise<void> {
    try {
      await keys.reload();
    } catch (error) {
      // Auth may start after this.
      log[isReady() ? "warn" : "debug"]({ err: error }, "the keys of auth cannot be read");
    }
    if (isOver) return;
    timer = setTimeout(refresh, isReady() ? limits.token.keysRefreshMs : limits.token.keysRetryMs).unref();
  }
  void refresh();

  return {
    async find(header, token) {
      try {
        return await keys(header, token);
      } catch (error) {
        // Known keys are all the keys there are, as far as anybody can tell.
        if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JOSENotSupported) throw error;
        throw new Failure(Reason.UNAVAILABLE, {
          sentence: "nobody can be let in right now: auth cannot be reached",
          metadata: { service: "auth" },
          retryAfterMs: limits.upstream.retryAfterMs,
        });
      }
    },
    get isReady() {
      return isReady();
    },
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}
