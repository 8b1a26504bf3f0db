import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { limits } from "../platform/limits.ts";
import { timeoutKey } from "./timeout.ts";

/**
 * Answers in time even when the work does not stop: the call's signal tells the work to end, and the answer does not
 * wait for it. A unary call without a deadline gets one, so that none lasts for ever.
 */
export function enforceDeadline(): Interceptor {
  return (next) => (request) => {
    if (request.stream) return next(request);
    const { ms, abort } = request.contextValues.get(timeoutKey);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const late = new ConnectError("the deadline passed before the work was done", Code.DeadlineExceeded);
        abort(late);
        reject(late);
      }, ms ?? limits.rpc.unaryTimeoutMs);
      next(request).then(
        (response) => {
          clearTimeout(timer);
          resolve(response);
        },
        (error: unknown) => {
          clearTimeout(timer);
          reject(error as Error);
        },
      );
    });
  };
}
