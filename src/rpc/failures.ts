import type { DescService } from "@bufbuild/protobuf";
import { durationMs } from "@bufbuild/protobuf/wkt";
import { type Client, Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema, RetryInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { Failure, Reason, reasonFacts } from "../platform/failure.ts";
import { limits } from "../platform/limits.ts";

const reasons = new Map<string, Reason>(
  Object.values(Reason)
    .filter((reason) => reason !== Reason.UNSPECIFIED)
    .map((reason) => [reasonFacts(reason).name, reason]),
);

/** The failure that another part threw, from the status that came of it; undefined for one that is none of ours. */
export function failureFrom(error: ConnectError): Failure | undefined {
  const [info] = error.findDetails(ErrorInfoSchema);
  const reason = info?.domain === "veza" ? reasons.get(info.reason) : undefined;
  if (info === undefined || reason === undefined || reason === Reason.INTERNAL) return undefined;
  const [retry] = error.findDetails(RetryInfoSchema);
  return new Failure(reason, {
    sentence: error.rawMessage,
    metadata: info.metadata,
    ...(retry?.retryDelay !== undefined && { retryAfterMs: durationMs(retry.retryDelay) }),
  });
}

/**
 * The same client, for calling another part: what was thrown there is thrown again, and what is out of reach is
 * UNAVAILABLE. Interceptors could not do this: what they throw becomes a status.
 */
export function throwingFailures<Service extends DescService>(
  client: Client<Service>,
  service: Service,
  part: string,
): Client<Service> {
  const calls = client as Record<string, (...args: unknown[]) => Promise<unknown>>;
  const unary = service.methods.filter(({ methodKind }) => methodKind === "unary");
  const throwing = unary.map(({ localName }) => [
    localName,
    async (...args: unknown[]) => {
      try {
        return await calls[localName]?.(...args);
      } catch (error) {
        throw failureOf(error, part);
      }
    },
  ]);
  return { ...client, ...Object.fromEntries(throwing) };
}

function failureOf(error: unknown, part: string): unknown {
  const status = ConnectError.from(error);
  const failure = failureFrom(status);
  if (failure !== undefined) return failure;
  if (status.code !== Code.Unavailable && status.code !== Code.DeadlineExceeded) return error;
  return new Failure(Reason.UNAVAILABLE, {
    sentence: `${part} cannot be reached right now: try again`,
    metadata: { service: part },
    retryAfterMs: limits.upstream.retryAfterMs,
  });
}
