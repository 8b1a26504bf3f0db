import { Code, ConnectError } from "@connectrpc/connect";
import type { BodyError } from "../exchange.ts";
import { clientLeft } from "./call-context.ts";

export function tooLarge(maxBytes: number): ConnectError {
  return new ConnectError(`the message is larger than ${maxBytes} bytes`, Code.ResourceExhausted);
}

/** What is said of a body that could not be read. `maxBytes` is what a message may have. */
export function bodyFailed(error: BodyError, maxBytes: number): ConnectError {
  switch (error) {
    case "too-large":
      return tooLarge(maxBytes);
    case "stalled":
      return new ConnectError("the request did not arrive in time", Code.DeadlineExceeded);
    case "gone":
      return clientLeft;
  }
}
