import { type ContextKey, createContextKey } from "@connectrpc/connect";

/** The other end of the socket that the call came through: the caller, or a proxy before it. */
export const peerAddressKey: ContextKey<string> = createContextKey("", { description: "peer address" });

/** The address that the call came from, as the socket or proxies that are trusted say. */
export const clientAddressKey: ContextKey<string> = createContextKey("", { description: "client address" });
