import type { StreamResponse } from "@connectrpc/connect";

/**
 * The same response with other messages. The response is changed rather than copied: a copy would make the headers and
 * trailers that are there for whoever asks, and hardly anybody does.
 */
export function withMessage(response: StreamResponse, message: AsyncIterable<unknown>): StreamResponse {
  (response as { message: AsyncIterable<unknown> }).message = message;
  return response;
}
