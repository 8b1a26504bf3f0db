import type { Queries } from "../../platform/database/database.ts";
import type { AttachmentId, MessageId, RoomId, UserId } from "../../platform/ids.ts";
import type { ChatTables } from "../tables.ts";

/** A file as its message tells of it. */
export interface AttachedFile {
  readonly id: AttachmentId;
  readonly name: string;
  /** As found by looking at the bytes. */
  readonly contentType: string;
  /** In bytes. */
  readonly size: number;
  /** In pixels, as it is shown; absent for what is no picture, or cannot be measured. */
  readonly width?: number;
  readonly height?: number;
  readonly hasThumbnail: boolean;
}

/** An upload that is complete. Times are milliseconds since 1970. */
export interface Attachment extends AttachedFile {
  readonly uploaderId: UserId;
  /** The message that it came with; undefined as long as it waits for one. */
  readonly place: { readonly roomId: RoomId; readonly messageId: MessageId } | undefined;
}

export interface NewUpload {
  readonly id: AttachmentId;
  readonly uploaderId: UserId;
  readonly at: number;
  /** From then on it is removed, unless it belongs to a message. */
  readonly collectAt: number;
}

type Tx = Queries<ChatTables>;

/**
 * Remembers uploads. A row is there before anything is written to the files and goes after them, so that no file is
 * without one, whenever a process ends. What changes is one part of the write of `tx`.
 */
export interface AttachmentStore {
  /** What a user keeps: bytes in all, and how many uploads belong to no message, those under way included. */
  usage(queries: Tx, userId: UserId): Promise<{ readonly bytes: number; readonly unattached: number }>;
  begin(tx: Tx, upload: NewUpload): Promise<void>;
  /** The upload is complete. False when it was dropped meanwhile: nothing was changed then. */
  finish(tx: Tx, uploaderId: UserId, file: AttachedFile): Promise<boolean>;
  /** The upload came to nothing: nobody writes to its files any more. */
  abandon(tx: Tx, id: AttachmentId): Promise<void>;

  /** A complete upload that was not dropped. */
  find(queries: Tx, id: AttachmentId): Promise<Attachment | undefined>;
  /** Of these, the complete uploads of the user that belong to no message, in no order. */
  unattached(tx: Tx, userId: UserId, ids: readonly AttachmentId[]): Promise<AttachedFile[]>;
  /** Makes uploads part of a message. Returns how many of them were free for it. */
  attach(tx: Tx, ids: readonly AttachmentId[], place: { roomId: RoomId; messageId: MessageId }): Promise<number>;

  /** From now on nobody finds these; they are removed soon. */
  drop(tx: Tx, ids: readonly AttachmentId[]): Promise<void>;
  /** Drops uploads of a user, at most `limit`, and forgets whose they were. True while there may be more. */
  dropOf(tx: Tx, userId: UserId, limit: number): Promise<boolean>;
  /** Forgets how much a user keeps. */
  forgetUsage(tx: Tx, userId: UserId): Promise<void>;

  /** Takes up to `limit` uploads that are to be removed; nobody finds them from now on. */
  takeDue(
    tx: Tx,
    due: { readonly at: number; readonly begunBefore: number; readonly limit: number },
  ): Promise<AttachmentId[]>;
  /** Their files could not be removed: `takeDue` takes them again from `until` on. */
  defer(tx: Tx, ids: readonly AttachmentId[], until: number): Promise<void>;
  /** Their files are gone. */
  forget(tx: Tx, ids: readonly AttachmentId[]): Promise<void>;
  /** A user's uploads with ids after `after`, at most `limit`. */
  ofUser(queries: Tx, userId: UserId, page: { readonly after: string; readonly limit: number }): Promise<Attachment[]>;
}
