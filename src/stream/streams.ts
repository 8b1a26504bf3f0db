import { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { StreamCategory, StreamSort, StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Bus } from "../platform/bus/bus.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database, Queries } from "../platform/database/database.ts";
import { newId, type RoomId, type StreamId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import { type Requests, requestOf } from "../platform/requests/requests.ts";
import type { Access } from "./access.ts";
import type { AdminActs } from "./admin-acts.ts";
import type { Audience } from "./audience.ts";
import type { Changes } from "./changes.ts";
import { limitReached, streamNotFound } from "./errors.ts";
import type { StreamWrites } from "./events/event-log.ts";
import { accessSubject } from "./events/subjects.ts";
import { qualityChanged } from "./facts.ts";
import { hashOfKey, newStreamKey } from "./keys.ts";
import type { WantedQuality } from "./live-port.ts";
import type { ShowStream } from "./live-view.ts";
import type { Visibility } from "./permissions.ts";
import type { RememberedKeys } from "./remembered-keys.ts";
import type { RoomsOfStreams } from "./rooms-of-streams.ts";
import { requireMove } from "./states.ts";
import type { ListenerStore } from "./store/listener-store.ts";
import type { ActivePlace, ActiveSort, StoredStream, StreamSettings, StreamStore } from "./store/stream-store.ts";
import type { StreamTables } from "./tables.ts";
import { aboutRequest, aboutStream, aboutUser } from "./write-keys.ts";

/** What a caller asks of a new stream; what is UNSPECIFIED is filled in. */
export interface StreamWish {
  readonly title: string;
  readonly description: string;
  readonly category: StreamCategory;
  readonly visibility: StreamVisibility;
  readonly defaultQuality: AudioQuality;
  readonly roomId: RoomId | undefined;
}

/** What a caller changes. A room of `null` is none. */
export interface StreamChanges extends Partial<Omit<StreamSettings, "roomId" | "ownsRoom">> {
  readonly roomId?: RoomId | null;
}

/** Streams: made, found, changed and deleted. What each method throws is in the contract. */
export interface Streams {
  /** The key is empty when a repeated call comes too late to be told it again. */
  create(caller: Principal, wish: StreamWish, requestId: string): Promise<{ stream: StoredStream; key: string }>;
  update(caller: Principal, streamId: StreamId, changes: StreamChanges): Promise<StoredStream>;
  delete(caller: Principal, streamId: StreamId): Promise<void>;
  rotateKey(caller: Principal, streamId: StreamId): Promise<string>;
  info(caller: Principal, streamId: StreamId): Promise<StoredStream>;
  /** The PUBLIC streams on air after a place in the order; `total` counts all pages. */
  active(
    filter: { category: StreamCategory; sort: StreamSort },
    page: { after: ActivePlace | undefined; limit: number },
  ): Promise<{ streams: StoredStream[]; total: number }>;
  placeOf(stream: StoredStream, sort: StreamSort): ActivePlace;
  /** The caller's own from before a stream, the newest first. */
  own(
    caller: Principal,
    page: { before: StreamId | undefined; limit: number },
  ): Promise<{ streams: StoredStream[]; total: number }>;
}

export function createStreams(needs: {
  database: Database<StreamTables>;
  writes: StreamWrites;
  clock: Clock;
  bus: Bus;
  streams: StreamStore;
  listeners: Pick<ListenerStore, "leaveRest">;
  requests: Requests<StreamTables>;
  access: Access;
  rooms: RoomsOfStreams;
  audience: Pick<Audience, "leaveAll">;
  keys: RememberedKeys;
  acts: Pick<AdminActs, "note">;
  changes: Pick<Changes, "changed" | "ring">;
  show: ShowStream;
  /** Does the work that a deleted stream leaves behind, soon. */
  tidyUp: () => void;
}): Streams {
  const { database, writes, clock, bus, streams, listeners, requests, access } = needs;
  const { rooms, audience, keys, acts, changes, show } = needs;

  async function requireRoomFor(queries: Queries<StreamTables>, caller: Principal): Promise<void> {
    const limit = limits.stream.streamsPerUser;
    if ((await streams.countOf(queries, caller.userId)) >= limit) {
      throw limitReached(`an account keeps at most ${limit} streams: delete one first`, limit);
    }
  }

  async function madeBefore(queries: Queries<StreamTables>, streamId: StreamId) {
    const stream = await streams.find(queries, streamId);
    if (stream === undefined || stream.isDeleted) throw streamNotFound();
    return { stream, key: keys.recall(streamId) ?? "" };
  }

  const sortOf = (sort: StreamSort) => (sort === StreamSort.UNSPECIFIED ? StreamSort.LISTENERS : sort) as ActiveSort;

  return {
    async create(caller, wish, requestId) {
      const { title, description, category, visibility, defaultQuality } = completed(wish);
      const content = [title, description, category, visibility, defaultQuality, wish.roomId ?? ""];
      const request = requestOf(caller.userId, requestId, "CreateStream", content);
      const earlier = await requests.earlierResult(database.read, request);
      if (earlier !== undefined) return madeBefore(database.read, earlier as StreamId);

      await requireRoomFor(database.read, caller);
      if (wish.roomId !== undefined) await rooms.requireReadable(caller, wish.roomId);
      const roomId = wish.roomId ?? (await rooms.make(caller, title, visibility, requestId));

      return database.write(
        async (tx) => {
          // The same call may have come twice at once.
          const earlier = await requests.earlierResult(tx, request);
          if (earlier !== undefined) return madeBefore(tx, earlier as StreamId);
          await requireRoomFor(tx, caller);
          const key = newStreamKey();
          const id = newId<StreamId>();
          await streams.insert(tx, {
            id,
            title,
            description,
            category,
            visibility,
            defaultQuality,
            roomId,
            ownsRoom: wish.roomId === undefined,
            streamerId: caller.userId,
            streamerUsername: caller.username,
            createdAt: clock.now(),
            keyHash: hashOfKey(key),
          });
          await requests.remember(tx, request, id);
          if (requestId !== "") keys.remember(id, key);
          return { ...(await madeBefore(tx, id)), key };
        },
        { keys: [aboutUser(caller.userId), ...aboutRequest(request)] },
      );
    },

    async update(caller, streamId, wanted) {
      const allowed = await access.require(caller, streamId, "manage");
      const { roomId, ...rest } = wanted;
      if (roomId !== undefined && roomId !== null && roomId !== allowed.stream.roomId) {
        await rooms.requireReadable(caller, roomId);
      }
      const { before, after } = await writes.about([aboutStream(streamId)], async ({ tx, append }) => {
        const before = await access.again(tx, allowed, caller, "manage");
        const room =
          roomId === undefined || (roomId ?? undefined) === before.roomId
            ? {}
            : { roomId: roomId ?? undefined, ownsRoom: false };
        const after = { ...before, ...rest, ...room };
        await streams.update(tx, streamId, { ...rest, ...room });
        await acts.note(tx, caller, before, AuditAction.CHANGE_STREAM, Object.keys(wanted).join(", "));
        const [was, is] = [show(before).currentQuality, show(after).currentQuality];
        if (was === is) return { before, after };
        const payload = qualityChanged(undefined, was, is);
        const { sequence } = await append({ streamId, actorId: caller.userId, at: clock.now(), payload });
        return { before, after: { ...after, headSequence: sequence } };
      });
      changes.changed(after);
      if (after.visibility !== before.visibility && after.ownsRoom && after.roomId !== undefined) {
        await rooms.open(after.roomId, after.visibility);
      }
      if (after.visibility !== before.visibility || after.roomId !== before.roomId) {
        bus.publish(accessSubject(streamId), new Uint8Array());
      }
      return after;
    },

    async delete(caller, streamId) {
      const allowed = await access.require(caller, streamId, "manage");
      requireMove(allowed.stream.status, "delete");
      await audience.leaveAll(streamId, "access lost");
      await database.write(
        async (tx) => {
          const stream = await access.again(tx, allowed, caller, "manage");
          requireMove(stream.status, "delete");
          await listeners.leaveRest(tx, streamId, clock.now());
          await streams.delete(tx, streamId, clock.now());
          await acts.note(tx, caller, stream, AuditAction.DELETE_STREAM, stream.title);
        },
        { keys: [aboutStream(streamId)] },
      );
      keys.forget(streamId);
      bus.publish(accessSubject(streamId), new Uint8Array());
      changes.ring(streamId);
      // Who came in between.
      await audience.leaveAll(streamId, "access lost");
      needs.tidyUp();
    },

    async rotateKey(caller, streamId) {
      const allowed = await access.require(caller, streamId, "own");
      const key = newStreamKey();
      await database.write(
        async (tx) => {
          await access.again(tx, allowed, caller, "own");
          await streams.update(tx, streamId, { keyHash: hashOfKey(key) });
        },
        { keys: [aboutStream(streamId)] },
      );
      keys.forget(streamId);
      return key;
    },

    async info(caller, streamId) {
      const { stream } = await access.load(caller, streamId);
      return stream;
    },

    async active(filter, page) {
      const category = filter.category === StreamCategory.UNSPECIFIED ? undefined : filter.category;
      const found = await streams.listActive(database.read, { category, sort: sortOf(filter.sort) }, page);
      return { streams: found, total: await streams.countActive(database.read, category) };
    },
    placeOf: (stream, sort) => streams.placeOf(stream, sortOf(sort)),

    async own({ userId }, page) {
      const found = await streams.listOf(database.read, userId, page);
      return { streams: found, total: await streams.countOf(database.read, userId) };
    },
  };
}

/** Fills in what the caller left open. */
function completed(wish: StreamWish) {
  const { title, description, category, visibility, defaultQuality } = wish;
  return {
    title,
    description,
    category: category === StreamCategory.UNSPECIFIED ? StreamCategory.OTHER : category,
    visibility: (visibility === StreamVisibility.UNSPECIFIED ? StreamVisibility.PUBLIC : visibility) as Visibility,
    defaultQuality: (defaultQuality === AudioQuality.UNSPECIFIED ? AudioQuality.AUTO : defaultQuality) as WantedQuality,
  };
}
