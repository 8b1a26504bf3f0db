import type { HandlerContext } from "@connectrpc/connect";
import { clientAddressKey } from "../../rpc/peer-address.ts";
import type { SessionClient } from "../store.ts";

const userAgentChars = 256;

/** The client that makes a call, as it names itself and as the socket or a trusted proxy knows it. */
export function clientOf(context: Pick<HandlerContext, "requestHeader" | "values">): SessionClient {
  return {
    userAgent: (context.requestHeader.get("user-agent") ?? "").slice(0, userAgentChars),
    address: context.values.get(clientAddressKey),
  };
}
