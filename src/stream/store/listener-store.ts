import type { Queries } from "../../platform/database/database.ts";
import type { InstanceId, ListenerId, StreamId, UserId } from "../../platform/ids.ts";
import type { Rendition, WantedQuality } from "../live-port.ts";
import type { StreamTables } from "../tables.ts";

/** One time that somebody is, or was, at a stream. */
export interface StoredListener {
  readonly id: ListenerId;
  readonly streamId: StreamId;
  /** "0" for who is not signed in, and once the account is erased. */
  readonly userId: UserId;
  readonly username: string;
  /** The same for all that one person was at this stream. */
  readonly person: string;
  /** Two letters; empty when not known. */
  readonly country: string;
  readonly streamTitle: string;
  readonly preferredQuality: WantedQuality;
  readonly actualQuality: WantedQuality;
  readonly joinedAt: number;
  /** Undefined while they are there. */
  readonly leftAt: number | undefined;
  /** When sound was last sent, as far as it is stored; the joining before that. */
  readonly seenAt: number;
  /** Since when they do not listen; undefined while they do. */
  readonly idleSince: number | undefined;
  readonly listenMs: number;
  readonly volume: number;
  readonly leavesWithCall: boolean;
  /** The instance at which they listen, or did last; empty before. */
  readonly instance: InstanceId;
}

/** A time in which sound of one quality was sent to a listener without a longer pause. */
export interface Span {
  readonly listenerId: ListenerId;
  /** From 0, in the order of time. */
  readonly number: number;
  readonly streamId: StreamId;
  readonly quality: Rendition;
  readonly fromAt: number;
  readonly toAt: number;
  readonly ms: number;
}

/** What a session adds to the analytics of its stream. */
export type SessionFacts = Pick<StoredListener, "id" | "person" | "country" | "joinedAt" | "leftAt">;

/** A session as the one who listened sees it, with whose stream it was. */
export interface ListenedSession {
  readonly listener: StoredListener;
  readonly streamerId: UserId;
  readonly streamerUsername: string;
}

/** Who came to streams, and what was sent to them. */
/** What a listener has heard so far, with the spans of it that are new or have grown. */
export interface Heard {
  readonly listenerId: ListenerId;
  readonly spans: readonly Span[];
  readonly listenMs: number;
  /** What was sent last, and when. */
  readonly quality: Rendition;
  readonly seenAt: number;
}

export interface ListenerStore {
  insert(tx: Queries<StreamTables>, listener: StoredListener): Promise<void>;
  find(queries: Queries<StreamTables>, listenerId: ListenerId): Promise<StoredListener | undefined>;
  /** Changes what is given. */
  update(
    tx: Queries<StreamTables>,
    listenerId: ListenerId,
    changes: Partial<
      Pick<StoredListener, "preferredQuality" | "actualQuality" | "seenAt" | "idleSince" | "listenMs" | "volume">
    >,
  ): Promise<void>;
  /**
   * Has a listener listen at an instance, who listened, or did not, as was read before; false when that has changed
   * since.
   */
  seat(
    tx: Queries<StreamTables>,
    before: Pick<StoredListener, "id" | "instance" | "idleSince">,
    instance: InstanceId,
    preferredQuality: WantedQuality,
  ): Promise<boolean>;
  /** Takes a listener for idle who listened at an instance; nothing happens when they listen elsewhere by now. */
  unseat(tx: Queries<StreamTables>, listenerId: ListenerId, instance: InstanceId, at: number): Promise<void>;
  /** Has a listener leave; false when they had left. */
  markLeft(tx: Queries<StreamTables>, listenerId: ListenerId, at: number): Promise<boolean>;
  /** Says that a user came; true when it is the first time that this user comes to this stream. */
  meet(tx: Queries<StreamTables>, streamId: StreamId, userId: UserId): Promise<boolean>;
  /** Those who are at a stream, in the order in which they joined, after a listener. */
  there(
    queries: Queries<StreamTables>,
    streamId: StreamId,
    page: { after: ListenerId | undefined; limit: number },
  ): Promise<StoredListener[]>;
  /** Of those, the ones that a user is, the newest first. */
  thereOf(queries: Queries<StreamTables>, streamId: StreamId, userId: UserId): Promise<StoredListener[]>;
  /** At how many streams a user is. */
  countThereOf(queries: Queries<StreamTables>, userId: UserId): Promise<number>;
  /** Those who are still there and do not listen since before a time, at any stream; those who leave with a call at once. */
  idleBefore(queries: Queries<StreamTables>, at: number, limit: number): Promise<StoredListener[]>;
  /** Has all who are still at a stream leave it, without a word. */
  leaveRest(tx: Queries<StreamTables>, streamId: StreamId, at: number): Promise<void>;
  /** Takes those for idle who listened at instances that are gone, since they were last seen. */
  orphan(tx: Queries<StreamTables>): Promise<void>;
  /** Sets the volume of all who are at a stream. */
  setVolume(tx: Queries<StreamTables>, streamId: StreamId, volume: number): Promise<void>;
  /** Stores what some have heard; each span in place of what was stored of it before. Every listener is in it once. */
  putHeard(tx: Queries<StreamTables>, some: readonly Heard[]): Promise<void>;
  /** The number that a listener's next span gets. */
  nextSpan(queries: Queries<StreamTables>, listenerId: ListenerId): Promise<number>;
  /** The sessions that a time touches; the time ends before `to`. */
  sessionsIn(queries: Queries<StreamTables>, streamId: StreamId, from: number, to: number): Promise<SessionFacts[]>;
  spansIn(queries: Queries<StreamTables>, streamId: StreamId, from: number, to: number): Promise<Span[]>;
  /** A user's sessions from before one, the latest first. */
  historyOf(
    queries: Queries<StreamTables>,
    userId: UserId,
    page: { before: ListenerId | undefined; limit: number },
  ): Promise<ListenedSession[]>;
}
