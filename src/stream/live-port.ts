import type { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import type { Principal } from "../platform/access/principal.ts";
import type { Reason } from "../platform/failure.ts";
import type { InstanceId, ListenerId, RecordingId, StreamId, UserId } from "../platform/ids.ts";
import type { InstanceCalls } from "./instance-calls.ts";
import type { Instances } from "./instances.ts";

/**
 * Where the two halves of live audio meet. The domain remembers and decides: streams, who may hear them, who came and
 * left, what was recorded. The live part is what sounds in this process. Each knows the other through this file only:
 * the domain calls LivePort; the live part asks Admission before it lets anyone in, and tells OnAirEvents what happened.
 * All times are milliseconds, instants since 1970.
 */

/** A quality that sound can have: every AudioQuality but UNSPECIFIED and AUTO. */
export type Rendition = (typeof AudioQuality)["LOW" | "MEDIUM" | "HIGH" | "ULTRA"];
/** A quality that can be asked for: a rendition, or AUTO. */
export type WantedQuality = Rendition | typeof AudioQuality.AUTO;

/** What is playing. Lengths are those of the contract. */
export interface Metadata {
  readonly currentTrack: string;
  readonly artist: string;
  readonly album: string;
  readonly genre: string;
  readonly customFields: Readonly<Record<string, string>>;
}

/** A stream as the live part needs to know it. */
export interface OnAirStream {
  readonly id: StreamId;
  readonly title: string;
  readonly streamerId: UserId;
  readonly isPaused: boolean;
  /** What listeners get who ask for AUTO, to start with; AUTO is what the source itself sends. */
  readonly defaultQuality: WantedQuality;
  readonly metadata: Metadata;
  readonly home: Home;
  /** What it sounds like, as its home last stored it. */
  readonly sound: Sound;
}

/** Where a stream's source is, or is waited for. */
export interface Home {
  /** Empty when no instance has it. */
  readonly instance: InstanceId;
  /** Grows with every instance that becomes the home: what an earlier one says is void. */
  readonly epoch: number;
}

/** What a stream sounds like right now. */
export interface Sound {
  /** True while a source sends, false while one that dropped may still return, or there is none. */
  readonly hasSource: boolean;
  /** The renditions that can be made of the source, from low to high; empty without one. */
  readonly available: readonly Rendition[];
  /** The best of them; undefined without a source. */
  readonly best: Rendition | undefined;
}

/** What a listener would get who wants a quality now. */
export interface Offer {
  /** The nearest to the one wanted that there is; the wanted one itself while there is no source. */
  readonly quality: WantedQuality;
  /** How much sound a player gathers before it plays. */
  readonly bufferMs: number;
}

/** Measurements of one rendition, as in `veza.stream.v1.QualityStats`. */
export interface RenditionMetrics {
  readonly quality: AudioQuality;
  readonly bitrate: number;
  readonly listenerCount: number;
  readonly droppedFrames: number;
  readonly isPassthrough: boolean;
}

/** Measurements of a stream, as in `veza.stream.v1.AudioMetrics`. What is not known is undefined, never zero. */
export interface LiveMetrics {
  /** Zero without a source. */
  readonly currentBitrate: number;
  /** 0 to 1; undefined before any listener has reported. */
  readonly bufferHealth: number | undefined;
  /** Undefined while nothing was sent in the last 10 seconds. */
  readonly latencyMs: number | undefined;
  readonly droppedFrames: number;
  readonly renditions: readonly RenditionMetrics[];
}

/** Why a listener is let go, as in `veza.stream.v1.CloseReason`. */
export type DropReason = "access lost" | "left" | "replaced";

/** A recording that begins. */
export interface RecordingOrder {
  readonly id: RecordingId;
  readonly stream: OnAirStream;
  /** AUTO is what the source sends. */
  readonly quality: WantedQuality;
}

/** What a recording's file is. */
export interface RecordingFile {
  /** The name of the file in the folder of recordings. */
  readonly fileName: string;
  /** Such as `audio/webm`. */
  readonly contentType: string;
  /** The quality that is kept; AUTO when there is no source yet and so nothing is known. */
  readonly quality: WantedQuality;
}

/** What became of a recording. */
export interface RecordingResult {
  /** Undefined when all is well; else what failed, for a person to read. What there is of the file may still play. */
  readonly error: string | undefined;
  readonly bytes: number;
  readonly durationMs: number;
  /** At most 256 values from 0 to 1. */
  readonly peaks: readonly number[];
  /** As the file ended up: it may have been known only with the first sound. Undefined when nothing was ever written. */
  readonly file: RecordingFile | undefined;
}

/** The same, with where the file is. */
export interface ClosedRecording extends RecordingResult {
  /** Whether every instance can read the file. If not it is still in the folder where it was made. */
  readonly isKept: boolean;
}

/** How far a recording is, while it is made. */
export interface RecordingProgress {
  readonly bytes: number;
  readonly durationMs: number;
}

/**
 * What the domain needs of the live part. Streams that are not on air here are no failure: there is nothing to do then,
 * and nothing to tell. What the domain calls it has stored before, except for `stop` and the recordings: they come first.
 */
export interface LivePort {
  /**
   * Takes a stream off air here: ends its sources with BROADCAST_OVER, tells its listeners `ended`, closes its recording.
   * Resolves once `OnAirEvents` was told of everything that it still had to hear of the stream.
   */
  stop(streamId: StreamId): Promise<void>;
  /** What the stream is from here on: it was paused or resumed, its title, default quality, metadata or home changed. */
  update(stream: OnAirStream): void;
  /** Whether a source of the stream is connected here. One that dropped and may return is not. */
  hasSource(streamId: StreamId): boolean;

  /** Undefined when nobody hears the stream here and it has no source here: then what is stored is what is known. */
  sound(streamId: StreamId): Sound | undefined;
  offer(stream: OnAirStream, wanted: WantedQuality): Offer;
  /** Of what sounds here; undefined when nothing does. */
  metrics(streamId: StreamId): LiveMetrics | undefined;

  /** Lets listeners go: their open calls end with the reason. The domain has written them off already. */
  drop(streamId: StreamId, listenerIds: readonly ListenerId[], reason: DropReason): void;
  /**
   * Has a listener hear another quality from the next packet on, and answers which. Undefined when this listener is not
   * listening right now. Throws QUALITY_UNAVAILABLE when the source cannot be made into it.
   */
  changeQuality(listenerId: ListenerId, wanted: WantedQuality): WantedQuality | undefined;
  /** Takes in how playing goes, and answers the quality from here on; undefined when the listener is not listening. */
  reportPlayback(listenerId: ListenerId, report: { bufferedMs: number; underruns: number }): WantedQuality | undefined;
  /** Tells players a volume, 0 to 100. */
  setVolume(listenerIds: readonly ListenerId[], volume: number): void;

  /** Begins to write a recording. Throws QUALITY_UNAVAILABLE when the source cannot be made into it. */
  startRecording(order: RecordingOrder): Promise<RecordingFile>;
  /** Ends a recording and closes its file. `recordingClosed` is not told of it as well. */
  stopRecording(recordingId: RecordingId): Promise<ClosedRecording>;
  /**
   * Closes what a process that was killed left of a recording. Called once for each. Rejects with UNAVAILABLE when the
   * process stops before it is done.
   */
  recoverRecording(recordingId: RecordingId, file: RecordingFile | undefined): Promise<ClosedRecording>;
  /** Tries again to bring a file from the folder to where every instance can read it. */
  keepRecording(file: RecordingFile): Promise<void>;
  /** Undefined when it is not being made here. */
  recordingProgress(recordingId: RecordingId): RecordingProgress | undefined;
  /** What is being recorded here. */
  recordingsHere(): RecordingId[];
  /** The folder in which recordings are written here, by an id that all have who write to the same folder. */
  folder(): Promise<string>;
  /** Deletes the file; one that is gone already is no failure. */
  deleteRecording(recordingId: RecordingId, file: RecordingFile | undefined): Promise<void>;
}

/** Who wants to hear a stream. */
export interface ListenWish {
  readonly streamId: StreamId;
  /** A listener from JoinStream, or from a call before. */
  readonly listenerId?: ListenerId | undefined;
  /** UNSPECIFIED: the listener's from before, for a new one AUTO. */
  readonly preferredQuality: AudioQuality;
  /** Two letters, when a proxy that is trusted said so. */
  readonly country?: string | undefined;
  /** A listener of its own even when the caller has joined: for HTTP, where every connection is a player. */
  readonly alwaysNew?: boolean;
}

/**
 * One listener's place, for as long as one call (`Listen`, or an HTTP request) fills it. Cheap to tell things to:
 * what is told is gathered in memory and stored every few seconds.
 */
export interface Seat {
  readonly listenerId: ListenerId;
  readonly stream: OnAirStream;
  readonly preferredQuality: WantedQuality;
  /** 0 to 100: the volume to tell the player first. */
  readonly volume: number;
  /** Sound of this quality was sent, this much of it. Call it for every batch. */
  sent(quality: Rendition, ms: number): void;
  /** The quality changes from here on: told to followers. The first quality is set by it too, without being told. */
  qualityIs(quality: WantedQuality): void;
  /** How much sound was sent to this listener, in all its calls. */
  readonly listenMs: number;
  /**
   * The call is over. A listener that joined has 60 seconds to listen again; one that this call made has left.
   * Once only; later calls do nothing.
   */
  free(): void;
  /** Calls back when another call takes this listener over. The seat is void then: nothing that it is told counts. */
  onReplaced(listener: () => void): void;
}

/** A source that may send. */
export interface SourcePass {
  readonly stream: OnAirStream;
}

/** What the live part asks before it lets anyone in. Each throws a Failure that can be answered as it is. */
export interface Admission {
  /**
   * PublishAudio and PublishChunk. Takes a stream that is CREATED on air: sound starts it.
   * Throws STREAM_NOT_FOUND, NOT_YOUR_STREAM or WRONG_STREAM_STATE.
   */
  sourceOf(caller: Principal, streamId: StreamId): Promise<SourcePass>;
  /** The same for a source that knows the stream key, such as one of Icecast. Throws STREAM_NOT_FOUND, STREAM_KEY_WRONG or WRONG_STREAM_STATE. */
  sourceByKey(streamId: StreamId, key: string): Promise<SourcePass>;
  /** The same for what changes metadata only. Throws STREAM_NOT_FOUND or STREAM_KEY_WRONG. */
  metadataByKey(streamId: StreamId, key: string): Promise<void>;
  /**
   * Makes the caller, undefined for who is not signed in, a listener or finds the one that they are.
   * Throws STREAM_NOT_FOUND, WRONG_STREAM_STATE, LISTENER_NOT_FOUND or LIMIT_REACHED.
   */
  listen(caller: Principal | undefined, wish: ListenWish): Promise<Seat>;
  /** Whether the caller could listen, without making them a listener. Throws STREAM_NOT_FOUND or WRONG_STREAM_STATE. */
  mayListen(caller: Principal | undefined, streamId: StreamId): Promise<OnAirStream>;
  /** The file of a recording that can be played. Throws RECORDING_NOT_FOUND, also for one that is still being made. */
  recording(caller: Principal | undefined, recordingId: RecordingId): Promise<PlayableRecording>;
}

export interface PlayableRecording {
  readonly id: RecordingId;
  readonly title: string;
  readonly file: RecordingFile;
  readonly bytes: number;
}

/** What the live part tells the domain. None of these throws: what cannot be stored is logged. */
export interface OnAirEvents {
  /** What the stream sounds like has changed: a source came or went, or another one can be made into other qualities. */
  soundChanged(streamId: StreamId, sound: Sound): void;
  /**
   * A source or its key's owner says what is playing; what is left out stays as it is. The domain stores it and then
   * calls `LivePort.update`. Texts that are too long are cut.
   */
  metadataChanged(streamId: StreamId, change: Partial<Metadata>): Promise<void>;
  /**
   * A source dropped and none came back in time, or the last one said that it is done: the stream goes off air, as
   * ENDED. The domain then calls `LivePort.stop`.
   */
  sourceGone(streamId: StreamId): Promise<void>;
  /** Something failed. When it is fatal the stream is taken off air, as ERROR: the domain then calls `LivePort.stop`. */
  failed(streamId: StreamId, failure: { reason: Reason; message: string; isFatal: boolean }): Promise<void>;
  /** A recording ended that nobody asked to end, such as for want of disk space, or as its stream was stopped. */
  recordingClosed(recordingId: RecordingId, result: ClosedRecording): Promise<void>;
}

/** Which instance has the source of which stream. */
export interface Homes {
  /**
   * Makes this instance the home of a stream on air. Throws ALREADY_BROADCASTING while a source is connected to another
   * instance, WRONG_STREAM_STATE when the stream is off air, UNAVAILABLE while it is not known whether the other runs.
   */
  take(streamId: StreamId): Promise<OnAirStream>;
  /** The streams as they are stored, without those that are off air for good. */
  find(streamIds: readonly StreamId[]): Promise<OnAirStream[]>;
  /** Calls back when another instance has changed a stream. May be missed: `find` again now and then. */
  onChanged(streamId: StreamId, listener: () => void): Disposable;
}

/** What the live part is made with: the domain's side of the door. */
export interface LiveNeeds {
  readonly admission: Admission;
  readonly onAir: OnAirEvents;
  readonly homes: Homes;
  readonly instances: Instances;
  readonly calls: InstanceCalls;
}
