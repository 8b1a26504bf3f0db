import type { Interceptor, StreamResponse, UnaryResponse } from "@connectrpc/connect";
import { problemOf } from "./errors.ts";

/** Where the interceptor gets its tokens. */
export interface TokenSource {
  /** A token that should be accepted; undefined when signed out. Refreshes first when that is due. */
  accessToken(): Promise<string | undefined>;
  /** The service refused this token: `accessToken` gives another one from now on. */
  distrust(token: string): void;
}

/**
 * Sends the access token along. A unary call whose token is refused is made once more with a new one. A stream is not:
 * it may have been read from already, and whoever follows it knows where to go on.
 */
export function bearer(tokens: TokenSource): Interceptor {
  return (next) => async (request) => {
    const token = await tokens.accessToken();
    if (token === undefined) return next(request);
    request.header.set("Authorization", `Bearer ${token}`);
    try {
      const response = await next(request);
      return response.stream ? watched(response, (thrown) => distrustIfRefused(tokens, token, thrown)) : response;
    } catch (thrown) {
      if (!distrustIfRefused(tokens, token, thrown) || request.stream) throw thrown;
      const another = await tokens.accessToken();
      if (another === undefined) throw thrown;
      request.header.set("Authorization", `Bearer ${another}`);
      return next(request);
    }
  };
}

/** UNAUTHENTICATED as well: a service that lost its keys can no longer read the token, but may still know the session. */
const REFUSED: ReadonlySet<string> = new Set(["TOKEN_EXPIRED", "TOKEN_REVOKED", "UNAUTHENTICATED"]);

function distrustIfRefused(tokens: TokenSource, token: string, thrown: unknown): boolean {
  const refused = REFUSED.has(problemOf(thrown).reason);
  if (refused) tokens.distrust(token);
  return refused;
}

/** The same response, whose late failure is seen: over gRPC-Web a refusal may come as a trailer. */
function watched(response: StreamResponse, onFailure: (thrown: unknown) => void): UnaryResponse | StreamResponse {
  async function* messages() {
    try {
      yield* response.message;
    } catch (thrown) {
      onFailure(thrown);
      throw thrown;
    }
  }
  return { ...response, message: messages() };
}
