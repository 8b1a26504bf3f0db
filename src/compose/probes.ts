import type { Probe, Probes } from "../gateway/health.ts";
import { Failure, reasonFacts } from "../platform/failure.ts";
import type { RoomId, UserId } from "../platform/ids.ts";
import type { Peers } from "../platform/peers/peers.ts";

/** An id that nothing has. */
const nothing = "00000000-0000-7000-8000-000000000000";
const nobody = "0" as UserId;
const notFound = 5;

/** Asks each service for something that is not there: the answer "not found" takes it to its store and back. */
export function probesOf(peers: Peers): Probes {
  return {
    auth: async () => void (await peers.auth.accounts([nobody])),
    chat: answers(() => peers.chat.roomPermissions(nobody, "user", nothing as RoomId)),
    stream: answers(() => peers.stream.streamPermissions(nobody, "user", nothing)),
  };
}

function answers(ask: () => Promise<unknown>): Probe {
  return async () => {
    try {
      await ask();
    } catch (error) {
      if (!(error instanceof Failure) || reasonFacts(error.reason).code !== notFound) throw error;
    }
  };
}
