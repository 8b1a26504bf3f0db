import type { Bus } from "../platform/bus/bus.ts";
import type { Database } from "../platform/database/database.ts";
import type { StreamId, UserId } from "../platform/ids.ts";
import { followErased } from "../platform/peers/follow-erased.ts";
import type { AuthPeer } from "../platform/peers/peers.ts";
import type { RequestStore } from "../platform/requests/request-store.ts";
import { ringRewritten } from "../rpc/event-feed/bell.ts";
import type { Broadcasts } from "./broadcasts.ts";
import { eventSubject } from "./events/subjects.ts";
import { hashOfKey, newStreamKey } from "./keys.ts";
import type { ErasureStore, EventPlace } from "./store/erasure-store.ts";
import type { StreamTables } from "./tables.ts";

const atOnce = 500;

export interface ErasureNeeds {
  readonly database: Database<StreamTables>;
  readonly bus: Bus;
  readonly erasures: ErasureStore;
  readonly requestStore: Pick<RequestStore<StreamTables>, "forgetUser">;
  readonly broadcasts: Pick<Broadcasts, "end">;
  readonly auth: () => AuthPeer;
}

/**
 * Forgets the persons whose accounts auth has erased since the last time; their streams go off air and stay, as do their
 * recordings and the numbers of those they listened to. Every step can be taken again. Many small writes rather than one, so that others never wait for long.
 */
export function followErasures(needs: ErasureNeeds, signal: AbortSignal): Promise<void> {
  const { database, erasures, auth } = needs;
  async function forget(userIds: ReadonlySet<UserId>): Promise<void> {
    for (const userId of userIds) await forgetUser(needs, userId, signal);
    await unnameEvents(needs, userIds, signal);
  }
  return followErased({ database, erased: erasures.followed, auth, forget }, signal);
}

async function forgetUser(needs: ErasureNeeds, userId: UserId, signal: AbortSignal): Promise<void> {
  const { database, erasures, requestStore, broadcasts } = needs;
  for (const streamId of await erasures.streamsOf(database.read, userId)) {
    if (signal.aborted) return;
    await broadcasts.end(streamId, "account erased");
    await database.write((tx) => erasures.unnameStream(tx, streamId, hashOfKey(newStreamKey())));
  }
  let more = true;
  while (more && !signal.aborted) more = await database.write((tx) => erasures.unnameListeners(tx, userId, atOnce));
  await database.write(async (tx) => {
    await erasures.forgetUser(tx, userId);
    await requestStore.forgetUser(tx, userId);
  });
}

async function unnameEvents(
  { database, bus, erasures }: ErasureNeeds,
  userIds: ReadonlySet<UserId>,
  signal: AbortSignal,
): Promise<void> {
  let after: EventPlace | undefined;
  const changed = new Set<StreamId>();
  do {
    const page = await erasures.eventsNaming(database.read, userIds, { after, limit: atOnce });
    if (page.naming.length > 0) {
      await database.write(async (tx) => {
        for (const place of page.naming) await erasures.unnameEvent(tx, place, userIds);
      });
    }
    for (const { streamId } of page.naming) changed.add(streamId);
    after = page.next;
  } while (after !== undefined && !signal.aborted);
  // No event of its own: it says that what is remembered of earlier ones is void.
  for (const streamId of changed) ringRewritten(bus, eventSubject(streamId));
}
