import { randomBytes } from "node:crypto";
import { type ContextKey, createContextKey } from "@connectrpc/connect";

/** What finds one call in the log: set for every call, told to the caller when something unexpected happened. */
export const requestIdKey: ContextKey<string> = createContextKey("", { description: "request id" });

const prefix = randomBytes(5).toString("hex");
let count = 0;

/** Unlike any other of this or another process, and cheap. */
function nextRequestId(): string {
  count += 1;
  return `${prefix}-${count.toString(36)}`;
}

const acceptable = /^[A-Za-z0-9._:-]{1,64}$/;

/** The id that a proxy in front gave the call, when it looks like one, else a new one. */
export function requestIdFrom(header: string | undefined): string {
  return header !== undefined && acceptable.test(header) ? header : nextRequestId();
}
