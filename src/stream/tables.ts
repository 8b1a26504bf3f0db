import type { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import type { CursorsTable } from "../platform/database/cursor.ts";
import type { RequestsTable } from "../platform/requests/request-store.ts";

/** The tables of stream, one interface each. Times are milliseconds since 1970; flags are 0 or 1; user ids are numbers. */

export interface StreamsTable {
  id: string;
  title: string;
  /** The title as lists sort it. */
  title_key: string;
  description: string;
  /** As in `veza.stream.v1.StreamCategory`. */
  category: number;
  /** As in `veza.stream.v1.StreamVisibility`. */
  visibility: number;
  /** As in `veza.stream.v1.AudioQuality`. */
  default_quality: number;
  /** 0 once the account is erased. */
  streamer_id: number;
  streamer_username: string;
  /** As in `veza.stream.v1.StreamStatus`. */
  status: number;
  /** What failed, for a person to read; empty unless the status is ERROR. */
  error: string;
  room_id: string | null;
  /** 1 when the room was made with the stream, and goes with it. */
  owns_room: number;
  /** 1 when it ended only because no source was left: the next one takes it on air again. */
  awaits_source: number;
  created_at: number;
  /** When it was last started. */
  started_at: number | null;
  /** When it last ended; null while it is on air. */
  ended_at: number | null;
  /** JSON: what is playing. */
  metadata: string;
  /** SHA-256 of the stream key. */
  key_hash: Uint8Array;
  /** 0 to 100: the volume that listeners begin with. */
  volume: number;
  /** How many listeners have not left. */
  listener_count: number;
  /** How many different users ever came. */
  total_listeners: number;
  /** The recording that is being made. */
  recording_id: string | null;
  /** A `veza.stream.v1.StreamSummary` of the last broadcast, in binary form. */
  summary: Uint8Array | null;
  /** The number of the last event; taken with `head_sequence + 1` in the write that stores the event. */
  head_sequence: number;
  /** Events up to this number are no longer kept. */
  floor_sequence: number;
  /** The instance that has its source, or waits for its return; empty when none does. */
  home: string;
  /** Grows with every instance that becomes its home: what an earlier one still says is void. */
  home_epoch: number;
  /** Until when a source is waited for that no instance has; null when none is. */
  source_until: number | null;
  /** JSON: what its home last said it sounds like; empty when it does not sound. */
  sound: string;
  /** Set once the stream is deleted: the row stays for its recordings and for who listened. */
  deleted_at: number | null;
}

/** One time that somebody was at a stream. */
export interface ListenersTable {
  id: string;
  stream_id: string;
  /** 0 for who is not signed in, and once the account is erased. */
  user_id: number;
  username: string;
  /** The same for all that one listener was: counts the different ones also once their accounts are erased. */
  person: string;
  /** Two letters; empty when not known. */
  country: string;
  stream_title: string;
  preferred_quality: number;
  /** What they got last. */
  actual_quality: number;
  joined_at: number;
  left_at: number | null;
  /** When sound was last sent to them, as far as it is stored; their joining before that. */
  seen_at: number;
  /** Since when they do not listen; null while they do. */
  idle_since: number | null;
  /** How long sound was sent to them, in milliseconds. */
  listen_ms: number;
  /** 0 to 100. */
  volume: number;
  /** 1 when a call made the listener, and they leave with it. */
  leaves_with_call: number;
  /** The instance at which they listen, or did last; empty before. */
  instance: string;
}

/** A time in which sound of one quality was sent to a listener without a longer pause. */
export interface SpansTable {
  listener_id: string;
  /** From 0, in the order of time. */
  number: number;
  stream_id: string;
  quality: number;
  from_at: number;
  to_at: number;
  /** How much sound was sent in it, in milliseconds. */
  ms: number;
}

/** Which users ever came to a stream. */
export interface AudienceTable {
  stream_id: string;
  user_id: number;
}

export interface RecordingsTable {
  id: string;
  stream_id: string;
  /** 0 once the account is erased. */
  streamer_id: number;
  title: string;
  quality: number;
  /** As in `veza.stream.v1.RecordingStatus`. */
  status: number;
  /** Null until the file is begun. */
  file_name: string | null;
  content_type: string;
  bytes: number;
  duration_ms: number;
  /** JSON: an array of at most 256 numbers. */
  peaks: string;
  started_at: number;
  ended_at: number | null;
  error: string;
  /** The instance that makes it, or closes it. */
  instance: string;
  /** The folder that its file is in, by its id; empty when that is not known. */
  folder: string;
  /** Set when it is to be deleted: the row goes once the file is gone. */
  deleted_at: number | null;
}

/** The processes that are running. */
export interface InstancesTable {
  id: string;
  /** Grows as long as it runs. */
  beat: number;
}

export interface EventsTable {
  stream_id: string;
  sequence: number;
  /** A `veza.stream.v1.StreamEvent`, in the binary form that followers get. */
  body: Uint8Array;
}

/** What administrators did to streams of others and the audit log does not hold yet. */
export interface AdminActsTable {
  id: string;
  at: number;
  actor_id: number;
  action: AuditAction;
  /** Whose stream it is. */
  target_user_id: number;
  stream_id: string;
  details: string;
}

export interface StreamTables {
  stream_streams: StreamsTable;
  stream_listeners: ListenersTable;
  stream_spans: SpansTable;
  stream_audience: AudienceTable;
  stream_recordings: RecordingsTable;
  stream_events: EventsTable;
  stream_requests: RequestsTable;
  stream_cursors: CursorsTable;
  stream_instances: InstancesTable;
  stream_admin_acts: AdminActsTable;
}
