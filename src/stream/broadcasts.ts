import { create, toBinary } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import { type StreamSummary, StreamSummarySchema } from "#gen/veza/stream/v1/stream_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Clock } from "../platform/clock.ts";
import type { Database, Queries } from "../platform/database/database.ts";
import { type Reason, reasonFacts } from "../platform/failure.ts";
import type { StreamId, UserId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import type { Access } from "./access.ts";
import type { AdminActs } from "./admin-acts.ts";
import type { Audience } from "./audience.ts";
import type { Changes } from "./changes.ts";
import { streamNotFound } from "./errors.ts";
import type { NewEvent, StreamWrites } from "./events/event-log.ts";
import { metadataUpdated, streamEnded, streamFailed, streamPaused, streamResumed, streamStarted } from "./facts.ts";
import type { Call, InstanceCalls } from "./instance-calls.ts";
import type { Instances } from "./instances.ts";
import type { LivePort, Metadata, WantedQuality } from "./live-port.ts";
import { addUp } from "./numbers.ts";
import { publicStream, storedSummary } from "./public-view.ts";
import type { RecordingEnds } from "./recording-ends.ts";
import type { Recordings } from "./recordings.ts";
import { silence } from "./silence.ts";
import { isOnAir, requireMove, type Step } from "./states.ts";
import type { ListenerStore } from "./store/listener-store.ts";
import type { RecordingStore } from "./store/recording-store.ts";
import type { StoredStream, StreamStore } from "./store/stream-store.ts";
import type { StreamTables } from "./tables.ts";
import { aboutStream } from "./write-keys.ts";

/** How a stream goes on air; what is undefined stays as it is. */
export interface StartConfig {
  readonly defaultQuality: WantedQuality | undefined;
  readonly metadata: Metadata | undefined;
  readonly record: boolean;
}

/** Streams going on and off air, and what plays on them. What each method throws is in the contract. */
export interface Broadcasts {
  start(caller: Principal, streamId: StreamId, config: StartConfig): Promise<StoredStream>;
  /** Takes a stream on air as its source comes. Throws WRONG_STREAM_STATE when it has to be started by hand. */
  startBySource(streamId: StreamId): Promise<StoredStream>;
  stop(caller: Principal, streamId: StreamId): Promise<StreamSummary>;
  pause(caller: Principal, streamId: StreamId): Promise<StoredStream>;
  resume(caller: Principal, streamId: StreamId): Promise<StoredStream>;
  setMetadata(caller: Principal, streamId: StreamId, metadata: Metadata): Promise<StoredStream>;
  /** Changes what is given, as a source says; nothing happens when it is so already. */
  changeMetadata(streamId: StreamId, change: Partial<Metadata>): Promise<void>;
  /** Tells followers of something that failed; when it is fatal, the stream goes off air by it. */
  fail(streamId: StreamId, failure: { reason: Reason; message: string; isFatal: boolean }): Promise<void>;
  /** Takes a stream off air that is on it; when only its source is gone, the next one takes it on air again. */
  end(streamId: StreamId, why: "source gone" | "account erased"): Promise<void>;
  /** True while a stream is being taken off air: nobody is let in any more. */
  isEnding(streamId: StreamId): boolean;
}

/** Has what sounds of a stream end at another instance; answered when its listeners and recordings are stored. */
const goOffAir: Call<{ streamId: StreamId }, null> = { name: "go-off-air", timeoutMs: 5000 };

interface Ending {
  readonly step: Extract<Step, "stop" | "fail">;
  readonly awaitsSource: boolean;
  /** Absent when the service itself does it. */
  readonly by?: Principal;
  /** What failed, for a person to read; empty when nothing did. */
  readonly error: string;
  readonly payload: (summary: StreamSummary) => NewEvent["payload"];
}

export function createBroadcasts(needs: {
  database: Database<StreamTables>;
  writes: StreamWrites;
  clock: Clock;
  streams: StreamStore;
  listeners: ListenerStore;
  recordingStore: RecordingStore;
  recordings: Pick<Recordings, "start">;
  ends: Pick<RecordingEnds, "stopOf">;
  access: Access;
  audience: Audience;
  instances: Pick<Instances, "id">;
  calls: InstanceCalls;
  acts: Pick<AdminActs, "note">;
  changes: Changes;
  live: () => LivePort;
}): Broadcasts {
  const { database, writes, clock, streams, listeners, recordingStore, recordings, ends, access } = needs;
  const { audience, instances, calls, acts, changes, live } = needs;
  const endings = new Map<StreamId, Promise<StoredStream>>();
  /** Streams that another instance is taking off air. */
  const endingElsewhere = new Map<StreamId, Disposable>();

  calls.answer(goOffAir, async ({ streamId }) => {
    nobodyComes(streamId);
    await silenceHere(streamId);
    return null;
  });

  /** Lets nobody in until the other instance says that it is done; it may fail to. */
  function nobodyComes(streamId: StreamId): void {
    endingElsewhere.get(streamId)?.[Symbol.dispose]();
    const until = new DisposableStack();
    const timer = setTimeout(() => until.dispose(), limits.stream.endingElsewhereMs).unref();
    until.defer(() => clearTimeout(timer));
    until.use(changes.onChanged(streamId, () => until.dispose()));
    until.defer(() => endingElsewhere.delete(streamId));
    endingElsewhere.set(streamId, until);
  }

  async function silenceHere(streamId: StreamId): Promise<void> {
    await live().stop(streamId);
    await audience.settled();
  }

  /** Takes a step that changes the status alone. Returns the stream before and after. */
  async function move(
    caller: Principal,
    streamId: StreamId,
    { step, action, payload }: { step: Step; action: AuditAction; payload: NewEvent["payload"] },
  ) {
    const allowed = await access.require(caller, streamId, "manage");
    return writes.about([aboutStream(streamId)], async ({ tx, append }) => {
      const before = await access.again(tx, allowed, caller, "manage");
      const status = requireMove(before.status, step);
      if (status === before.status) return { before, after: before };
      await streams.update(tx, streamId, { status });
      await acts.note(tx, caller, before, action);
      const { sequence } = await append({ streamId, actorId: caller.userId, at: clock.now(), payload });
      return { before, after: { ...before, status, headSequence: sequence } };
    });
  }

  async function summaryOf(tx: Queries<StreamTables>, stream: StoredStream, endedAt: number): Promise<StreamSummary> {
    const { id, startedAt } = stream;
    const window = { from: startedAt ?? stream.createdAt, to: Math.max(endedAt, (startedAt ?? stream.createdAt) + 1) };
    const sessions = await listeners.sessionsIn(tx, id, window.from, window.to);
    const numbers = addUp(sessions, await listeners.spansIn(tx, id, window.from, window.to), window);
    return create(StreamSummarySchema, {
      streamId: id,
      ...(startedAt !== undefined && { startedAt: timestampFromMs(startedAt) }),
      endedAt: timestampFromMs(endedAt),
      duration: durationFromMs(startedAt === undefined ? 0 : endedAt - startedAt),
      uniqueListeners: numbers.uniqueListeners,
      maxConcurrent: numbers.maxConcurrent,
      totalListenTime: durationFromMs(Math.round(numbers.listenMs)),
      recordingIds: await recordingStore.startedSince(tx, id, window.from, limits.stream.recordingsInSummary),
    });
  }

  /** Everybody goes, then the stream ends with what it came to. One at a time for each stream. */
  function takeOffAir(streamId: StreamId, ending: Ending): Promise<StoredStream> {
    let running = endings.get(streamId);
    if (running === undefined) {
      running = (async () => {
        await Promise.all([silenceHere(streamId), calls.askOthers(goOffAir, { streamId })]);
        await ends.stopOf(streamId);
        await audience.leaveAll(streamId, undefined);
        const ended = await writes.about([aboutStream(streamId)], async ({ tx, append }) => {
          const before = await streams.find(tx, streamId);
          if (before === undefined || before.isDeleted) throw streamNotFound();
          const status = requireMove(before.status, ending.step);
          if (status === before.status) return before;
          const endedAt = clock.now();
          const summary = await summaryOf(tx, before, endedAt);
          const { error, awaitsSource } = ending;
          const changes = { status, endedAt, error, awaitsSource, summary: toBinary(StreamSummarySchema, summary) };
          await streams.update(tx, streamId, changes);
          await streams.silence(tx, streamId);
          const { by } = ending;
          if (by !== undefined) await acts.note(tx, by, before, AuditAction.STOP_STREAM);
          const { sequence } = await append({
            streamId,
            ...actorOf(by),
            at: endedAt,
            payload: ending.payload(summary),
          });
          return { ...before, ...changes, sound: silence, headSequence: sequence };
        });
        // For those who came to other instances in between.
        changes.ring(streamId);
        return ended;
      })().finally(() => endings.delete(streamId));
      endings.set(streamId, running);
    }
    return running;
  }

  /** Stores what plays now, which `next` makes of what played before, and tells everybody. */
  async function storeMetadata(
    streamId: StreamId,
    by: Principal | undefined,
    read: (tx: Queries<StreamTables>) => Promise<StoredStream | undefined>,
    next: (before: Metadata) => Metadata,
  ): Promise<StoredStream | undefined> {
    const stored = await writes.about([aboutStream(streamId)], async ({ tx, append }) => {
      const before = await read(tx);
      if (before === undefined) return undefined;
      const metadata = next(before.metadata);
      if (isSame(metadata, before.metadata)) return { stream: before, isNew: false };
      await streams.update(tx, streamId, { metadata });
      if (by !== undefined) await acts.note(tx, by, before, AuditAction.CHANGE_STREAM, "metadata");
      const payload = metadataUpdated(metadata);
      const { sequence } = await append({ streamId, ...actorOf(by), at: clock.now(), payload });
      return { stream: { ...before, metadata, headSequence: sequence }, isNew: true };
    });
    if (stored?.isNew && isOnAir(stored.stream.status)) changes.changed(stored.stream);
    return stored?.stream;
  }

  async function goOnAir(
    streamId: StreamId,
    stepOf: (before: StoredStream) => Extract<Step, "start" | "broadcast" | "return">,
    read: (tx: Queries<StreamTables>) => Promise<StoredStream>,
    by: Principal | undefined,
    { defaultQuality, metadata }: Partial<StartConfig>,
  ): Promise<{ stream: StoredStream; isNew: boolean }> {
    await endings.get(streamId);
    const started = await writes.about([aboutStream(streamId)], async ({ tx, append }) => {
      const before = await read(tx);
      const status = requireMove(before.status, stepOf(before));
      if (isOnAir(before.status)) return { stream: before, isNew: false };
      const at = clock.now();
      const changes = {
        status,
        error: "",
        awaitsSource: false,
        startedAt: at,
        endedAt: undefined,
        ...(defaultQuality !== undefined && { defaultQuality }),
        ...(metadata !== undefined && { metadata }),
      };
      await streams.update(tx, streamId, changes);
      const after = { ...before, ...changes };
      const payload = streamStarted(publicStream(after, silence, at));
      if (by !== undefined) await acts.note(tx, by, before, AuditAction.START_STREAM);
      const { sequence } = await append({ streamId, ...actorOf(by), at, payload });
      return { stream: { ...after, headSequence: sequence }, isNew: true };
    });
    if (started.isNew) changes.changed(started.stream);
    return started;
  }

  return {
    isEnding: (streamId) => endings.has(streamId) || endingElsewhere.has(streamId),

    async start(caller, streamId, config) {
      const allowed = await access.require(caller, streamId, "manage");
      const again = (tx: Queries<StreamTables>) => access.again(tx, allowed, caller, "manage");
      const { stream, isNew } = await goOnAir(streamId, () => "start", again, caller, config);
      if (!isNew || !config.record) return stream;
      await recordings.start(caller, { streamId, title: "", quality: 0 }, "");
      return (await streams.find(database.read, streamId)) ?? stream;
    },

    async startBySource(streamId) {
      const { stream } = await goOnAir(
        streamId,
        ({ awaitsSource }) => (awaitsSource ? "return" : "broadcast"),
        async (tx) => {
          const stream = await streams.find(tx, streamId);
          if (stream === undefined || stream.isDeleted) throw streamNotFound();
          return stream;
        },
        undefined,
        {},
      );
      return stream;
    },

    async stop(caller, streamId) {
      const { stream } = await access.require(caller, streamId, "manage");
      const status = requireMove(stream.status, "stop");
      const ending: Ending = { step: "stop", by: caller, error: "", awaitsSource: false, payload: streamEnded };
      const ended = status === stream.status ? stream : await takeOffAir(streamId, ending);
      // Whoever stops it by hand does not want the next source to start it again.
      if (ended.awaitsSource)
        await database.write(
          async (tx) => {
            await streams.update(tx, streamId, { awaitsSource: false });
            await acts.note(tx, caller, ended, AuditAction.STOP_STREAM);
          },
          { keys: [aboutStream(streamId)] },
        );
      return storedSummary(ended) ?? create(StreamSummarySchema, { streamId });
    },

    async pause(caller, streamId) {
      const { before, after } = await move(caller, streamId, {
        step: "pause",
        action: AuditAction.PAUSE_STREAM,
        payload: streamPaused(),
      });
      if (before.status !== after.status) changes.changed(after);
      return after;
    },

    async resume(caller, streamId) {
      const { before, after } = await move(caller, streamId, {
        step: "resume",
        action: AuditAction.RESUME_STREAM,
        payload: streamResumed(),
      });
      if (before.status !== after.status) changes.changed(after);
      return after;
    },

    async setMetadata(caller, streamId, metadata) {
      const allowed = await access.require(caller, streamId, "manage");
      const again = (tx: Queries<StreamTables>) => access.again(tx, allowed, caller, "manage");
      const stored = await storeMetadata(streamId, caller, again, () => metadata);
      return stored ?? allowed.stream;
    },

    async changeMetadata(streamId, change) {
      const find = async (tx: Queries<StreamTables>) => {
        const stream = await streams.find(tx, streamId);
        return stream?.isDeleted === false ? stream : undefined;
      };
      await storeMetadata(streamId, undefined, find, (before) => cut({ ...before, ...change }));
    },

    async fail(streamId, { reason, message, isFatal }) {
      const payload = streamFailed(reasonFacts(reason).name, message, isFatal);
      const stream = await streams.find(database.read, streamId);
      if (stream === undefined || stream.isDeleted) return;
      if (isFatal && isOnAir(stream.status)) {
        const ending: Ending = { step: "fail", error: message, awaitsSource: false, payload: () => payload };
        await takeOffAir(streamId, ending);
      } else {
        await writes.about([aboutStream(streamId)], ({ append }) => append({ streamId, at: clock.now(), payload }));
      }
    },

    async end(streamId, why) {
      const stream = await streams.find(database.read, streamId);
      if (stream === undefined || stream.isDeleted || !isOnAir(stream.status)) return;
      const awaitsSource = why === "source gone";
      // It may have come to another instance.
      const { instance } = stream.home;
      if (awaitsSource && instance !== "" && instance !== instances.id) return;
      await takeOffAir(streamId, { step: "stop", error: "", awaitsSource, payload: streamEnded });
    },
  };
}

function actorOf(by: Principal | undefined): { actorId?: UserId } {
  return by === undefined ? {} : { actorId: by.userId };
}

function isSame(one: Metadata, other: Metadata): boolean {
  const sorted = ({ customFields, ...rest }: Metadata) =>
    JSON.stringify([rest.currentTrack, rest.artist, rest.album, rest.genre, Object.entries(customFields).sort()]);
  return sorted(one) === sorted(other);
}

/** Sources say what they like: what is longer than the contract allows is cut. */
function cut({ currentTrack, artist, album, genre, customFields }: Metadata): Metadata {
  const clip = (text: string, length: number) => [...text.toWellFormed()].slice(0, length).join("");
  const fields = Object.entries(customFields).filter(([name]) => name !== "");
  return {
    currentTrack: clip(currentTrack, 256),
    artist: clip(artist, 256),
    album: clip(album, 256),
    genre: clip(genre, 64),
    customFields: Object.fromEntries(fields.slice(0, 32).map(([name, value]) => [clip(name, 64), clip(value, 512)])),
  };
}
