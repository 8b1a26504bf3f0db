import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { Failure, Reason } from "../../platform/failure.ts";
import { failureToStatus } from "../../rpc/errors.ts";

/** That what was sent cannot be read, and why. */
export const unreadable = (why: string) =>
  new Failure(Reason.INVALID_FIELD, { sentence: `the request cannot be read: ${why}` });

/** What Connect calls internal is the fault of who sent it, as long as nobody here has looked at the request. */
export function blamingSender(error: ConnectError): ConnectError {
  return error.code === Code.Internal ? failureToStatus(unreadable(error.rawMessage)) : error;
}

/** To be outside of all that reads: whoever takes in a stream of requests hears whose fault it is that one cannot be read. */
export const blameSenders: Interceptor = (next) => (request) => {
  if (!request.stream) return next(request);
  const message = readable(request.message);
  return next(Object.create(request, { message: { value: message, enumerable: true } }) as typeof request);
};

async function* readable<Message>(messages: AsyncIterable<Message>): AsyncIterable<Message> {
  try {
    yield* messages;
  } catch (error) {
    throw error instanceof ConnectError ? blamingSender(error) : error;
  }
}
