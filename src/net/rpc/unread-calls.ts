import {
  Code,
  ConnectError,
  type ContextKey,
  type ContextValues,
  createContextKey,
  type Interceptor,
} from "@connectrpc/connect";
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import { errorFromJsonBytes } from "@connectrpc/connect/protocol-connect";
import { findTrailerError } from "@connectrpc/connect/protocol-grpc";

const reportedKey: ContextKey<boolean> = createContextKey(false, { description: "reported" });

/** Whether somebody reports a call: its interceptors do, and the gate does when it refuses it. */
export const isReported = (values: ContextValues): boolean => values.get(reportedKey);

export function reportsIt(values: ContextValues): void {
  values.set(reportedKey, true);
}

/** To be the outermost interceptor: Connect asks none when it cannot read the request. */
export const markReported: Interceptor = (next) => (request) => {
  reportsIt(request.contextValues);
  return next(request);
};

/** Why Connect refused a unary call, as its answer says. Undefined for an answer that is none of a call's. */
export function refusalIn(response: UniversalServerResponse, body: Uint8Array): ConnectError | undefined {
  if (response.trailer !== undefined) return findTrailerError(response.trailer);
  if (response.status === 200) return undefined;
  return errorFromJsonBytes(body, undefined, new ConnectError("refused", Code.InvalidArgument));
}
