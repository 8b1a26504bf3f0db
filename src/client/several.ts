import type { Transport } from "@connectrpc/connect";
import { Code, ConnectError } from "@connectrpc/connect";
import { isTransient, problemOf } from "./errors.ts";

/**
 * One transport over several, to gateways of one service: for those who have a list of addresses and no balancer. Calls go
 * to one of them as long as it can be reached. A call that finds it gone fails, as it would with one address, and those
 * after it go to the next.
 * @param transports at least one, the preferred one first
 */
export function overSeveral(transports: readonly [Transport, ...Transport[]]): Transport {
  let current = 0;

  const here = (): Transport => transports[current] as Transport;
  function lost(transport: Transport, thrown: unknown): void {
    if (transport !== here() || !isUnreachable(thrown)) return;
    current = (current + 1) % transports.length;
  }

  return {
    async unary(...call) {
      const transport = here();
      try {
        return await transport.unary(...call);
      } catch (thrown) {
        lost(transport, thrown);
        throw thrown;
      }
    },
    async stream(...call) {
      const transport = here();
      try {
        const response = await transport.stream(...call);
        return { ...response, message: watched(response.message, (thrown) => lost(transport, thrown)) };
      } catch (thrown) {
        lost(transport, thrown);
        throw thrown;
      }
    },
  };
}

/** What the service says itself comes from one that lives. */
function isUnreachable(thrown: unknown): boolean {
  const problem = problemOf(thrown);
  return problem.reason === "" && isTransient(problem) && ConnectError.from(thrown).code !== Code.Canceled;
}

async function* watched<Each>(messages: AsyncIterable<Each>, onLost: (thrown: unknown) => void): AsyncIterable<Each> {
  try {
    yield* messages;
  } catch (thrown) {
    onLost(thrown);
    throw thrown;
  }
}
