import { type ContextKey, createContextKey } from "@connectrpc/connect";

/** The address that the call came from, as the socket says. */
export const peerAddressKey: ContextKey<string> = createContextKey("", { description: "peer address" });
