import type { Clock } from "../platform/clock.ts";
import type { StreamId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";

/**
 * The keys of the newest streams, in memory only: a CreateStream that is repeated for want of an answer gets the key that
 * it missed. After a restart, or long after, there is no telling it any more.
 */
export interface RememberedKeys {
  remember(streamId: StreamId, key: string): void;
  recall(streamId: StreamId): string | undefined;
  forget(streamId: StreamId): void;
}

export function createRememberedKeys(needs: { clock: Clock }): RememberedKeys {
  const { clock } = needs;
  const keys = new Map<StreamId, { key: string; until: number }>();
  return {
    remember(streamId, key) {
      if (keys.size >= limits.stream.keysRemembered) keys.delete(keys.keys().next().value as StreamId);
      keys.set(streamId, { key, until: clock.now() + limits.store.requestIdMs });
    },
    recall(streamId) {
      const found = keys.get(streamId);
      return found !== undefined && found.until > clock.now() ? found.key : undefined;
    },
    forget: (streamId) => void keys.delete(streamId),
  };
}
