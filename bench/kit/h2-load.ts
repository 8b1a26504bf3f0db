import { type H2Endpoint, openH2 } from "./h2-connection.ts";
import { type Load, Tally } from "./load.ts";

export interface H2Target extends H2Endpoint {
  /** The body of a call; asked for each one. */
  readonly body: () => Uint8Array;
  readonly inFlight: number;
  readonly connections: number;
  /** Whether to take the time of each call. */
  readonly timed?: boolean;
}

/**
 * Unary calls over HTTP/2, always so many in flight. The client costs a fraction of any server, so that the server is
 * what is measured.
 */
export async function h2Load(target: H2Target): Promise<Load> {
  const { inFlight, body, timed = false } = target;
  const tally = new Tally(timed);
  const connections = await Promise.all(
    Array.from({ length: target.connections }, () => openH2(target, (error) => tally.fail(error))),
  );
  return {
    run(ms) {
      const result = tally.begin(ms);
      for (let i = 0; i < inFlight; i += 1) {
        const connection = connections[i % connections.length];
        const next = (): void => {
          tally.sent();
          const sentAt = timed ? performance.now() : 0;
          connection?.call(body(), () => {
            if (tally.done(sentAt)) next();
          });
        };
        next();
      }
      for (const connection of connections) connection.flush();
      return result;
    },
    close() {
      for (const connection of connections) connection.close();
    },
  };
}
