import type { AuditAction } from "#gen/veza/auth/v1/audit_pb.ts";
import type { CursorsTable } from "../platform/database/cursor.ts";
import type { RequestsTable } from "../platform/requests/request-store.ts";

/** The tables of chat, one interface each. Times are milliseconds since 1970; flags are 0 or 1; user ids are numbers. */

export interface RoomsTable {
  id: string;
  name: string;
  description: string;
  topic: string;
  /** As in `veza.chat.v1.RoomType`. */
  type: number;
  /** As in `veza.chat.v1.RoomVisibility`. */
  visibility: number;
  created_by: number;
  created_at: number;
  is_active: number;
  /** The number of the last event; taken with `head_sequence + 1` in the write that stores the event. */
  head_sequence: number;
  /** Events up to this number are no longer kept. */
  floor_sequence: number;
  member_count: number;
  message_count: number;
  slow_mode_ms: number;
  /** JSON: an array of lower-case words. */
  blocked_words: string;
  /** For a DIRECT room `smaller user id:larger user id`, else null. Unique. */
  direct_key: string | null;
}

export interface MembersTable {
  room_id: string;
  user_id: number;
  username: string;
  /** As in `veza.chat.v1.MemberRole`. */
  role: number;
  joined_at: number;
  /** For slow mode; 0 before the first message. */
  last_message_at: number;
  last_read_sequence: number;
  /** The name as names are compared: what `@name` is looked up by. */
  name_key: string;
  /** How many messages the room had, deleted ones included, at `last_read_sequence`. */
  read_count: number;
  /** The member's own messages after `last_read_sequence`, without deleted ones. */
  own_unread: number;
  /** Messages after `last_read_sequence` that mention the member, without deleted ones. */
  mentions_unread: number;
}

export interface SanctionsTable {
  id: string;
  room_id: string;
  user_id: number;
  username: string;
  /** As in `veza.chat.v1.SanctionKind`. One row for each room, user and kind. */
  kind: number;
  reason: string;
  created_by: number;
  created_at: number;
  /** Null for good. A row in the past is as good as none. */
  expires_at: number | null;
}

export interface MessagesTable {
  id: string;
  room_id: string;
  sequence: number;
  /** 0 once the account is erased. */
  sender_id: number;
  sender_username: string;
  content: string;
  /** As in `veza.chat.v1.MessageType`. */
  type: number;
  created_at: number;
  updated_at: number | null;
  is_edited: number;
  is_deleted: number;
  reply_to: string | null;
  reply_count: number;
  /** How many messages the room had with this one, deleted ones included. */
  ordinal: number;
  /** JSON: the users whom it mentions, `[{userId, username}]`; each has a row in `chat_mentions`. */
  mentions: string;
  /** JSON: what `chat_reactions` adds up to, `[{emoji, userIds, count}]`, so that reading a message reads one row. */
  reactions: string;
  /** The number of the event that pinned it; null while it is not pinned. */
  pinned_sequence: number | null;
  /** JSON: the files that came with it; see `attached-files.ts`. */
  attachments: string;
}

export interface ReactionsTable {
  message_id: string;
  emoji: string;
  user_id: number;
  /** The number of the event that added it. */
  sequence: number;
}

/** That a message mentions somebody. */
export interface MentionsTable {
  user_id: number;
  room_id: string;
  /** The message's. */
  sequence: number;
  message_id: string;
}

/** How many messages were deleted in each stretch of a room's numbers, so that they are not counted one by one. */
export interface DeletedCountsTable {
  room_id: string;
  /** Sequence divided by `deletedStretch`. */
  stretch: number;
  deleted: number;
}

/** Uploads, each with its files under its id. */
export interface AttachmentsTable {
  id: string;
  /** 0 once the account is erased. */
  uploader_id: number;
  /** Null as long as it belongs to no message. */
  room_id: string | null;
  message_id: string | null;
  name: string;
  content_type: string;
  size: number;
  /** 0 for what is no picture. */
  width: number;
  height: number;
  has_thumbnail: number;
  /** 0 while its bytes come in. */
  is_complete: number;
  created_at: number;
  /** When it is to be removed; 0 for now, and for nobody to find; null for what belongs to a message. */
  collect_at: number | null;
  /** When removing it is tried: not before `collect_at`, and later after it failed. */
  due_at: number;
}

export interface FileUsageTable {
  user_id: number;
  /** What the complete uploads of the user take. */
  bytes: number;
}

export interface EventsTable {
  room_id: string;
  sequence: number;
  /** The message that the body holds words of, so that deleting it can blank them; else null. */
  message_id: string | null;
  /** A `veza.chat.v1.ChatEvent`, in the binary form that followers get. */
  body: Uint8Array;
}

/** That an event names somebody: see `namedIn`. */
export interface EventNamesTable {
  user_id: number;
  room_id: string;
  sequence: number;
}

export interface InvitesTable {
  code: string;
  room_id: string;
  created_by: number;
  created_at: number;
  expires_at: number | null;
  /** 0 for any number. */
  max_uses: number;
  uses: number;
}

export interface ReportsTable {
  id: string;
  room_id: string;
  message_id: string;
  reported_by: number;
  reason: string;
  created_at: number;
  resolution: number;
  resolved_by: number;
  resolved_at: number | null;
}

/** Ids and no names, so that erasing a person leaves it as it is: the database refuses to change or delete its rows. */
export interface ModerationLogTable {
  id: string;
  room_id: string;
  actor_id: number;
  target_user_id: number;
  target_message_id: string;
  action: string;
  reason: string;
  created_at: number;
}

/** What administrators did and the audit log does not hold yet: see `admin-acts.ts`. */
export interface AdminActsTable {
  id: string;
  at: number;
  actor_id: number;
  action: AuditAction;
  target_user_id: number;
  room_id: string;
  details: string;
}

/** How users want to be seen. */
export interface StatusesTable {
  user_id: number;
  /** As in `veza.chat.v1.PresenceStatus`; OFFLINE for who does not want to be seen. */
  status: number;
  text: string;
  /** When others last could see the user; null when it is not known. */
  last_seen_at: number | null;
}

export interface BlocksTable {
  user_id: number;
  blocked_id: number;
}

/** How many messages users had sent up to a time, so that they are not counted one by one again. */
export interface SentCountsTable {
  user_id: number;
  counted_to: number;
  messages: number;
}

/** Accounts that auth has erased: nothing more is to be kept of them. */
export interface ErasedUsersTable {
  user_id: number;
}

export interface ChatTables {
  chat_rooms: RoomsTable;
  chat_members: MembersTable;
  chat_sanctions: SanctionsTable;
  chat_messages: MessagesTable;
  chat_reactions: ReactionsTable;
  chat_mentions: MentionsTable;
  chat_deleted_counts: DeletedCountsTable;
  chat_attachments: AttachmentsTable;
  chat_file_usage: FileUsageTable;
  chat_events: EventsTable;
  chat_event_names: EventNamesTable;
  chat_requests: RequestsTable;
  chat_invites: InvitesTable;
  chat_reports: ReportsTable;
  chat_moderation_log: ModerationLogTable;
  chat_admin_acts: AdminActsTable;
  chat_statuses: StatusesTable;
  chat_sent_counts: SentCountsTable;
  chat_blocks: BlocksTable;
  chat_erased_users: ErasedUsersTable;
  chat_cursors: CursorsTable;
}
