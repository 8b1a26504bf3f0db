import { createSession, type Session } from "./session.ts";
import { createNodeTransport, type NodeTransport } from "./transport-node.ts";

export { createNodeTransport, type NodeTransport };

/** A session of this process, kept in memory. */
export function createNodeSession(options: NodeTransport): Session {
  return createSession({ transportFor: (interceptors) => createNodeTransport({ ...options, interceptors }) });
}
