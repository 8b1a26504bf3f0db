import type { MessageType } from "#gen/veza/chat/v1/message_pb.ts";
import { MessageType as Types } from "#gen/veza/chat/v1/message_pb.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Database, Queries } from "../../platform/database/database.ts";
import type { FileKey, Files, KeptFile } from "../../platform/files/files.ts";
import { FileTooLarge } from "../../platform/files/files.ts";
import { type AttachmentId, newId, type UserId } from "../../platform/ids.ts";
import { limits } from "../../platform/limits.ts";
import { type Caller, loadAccess, requireRead } from "../access.ts";
import { invalidField } from "../content.ts";
import { accountClosed, attachmentNotFound, fileTooLarge, limitReached } from "../errors.ts";
import { userKey } from "../keys.ts";
import type { AttachedFile, AttachmentStore } from "../store/attachment-store.ts";
import type { ErasureStore } from "../store/erasure-store.ts";
import type { StoredMessage } from "../store/message-store.ts";
import type { ChatTables } from "../tables.ts";
import { contentTypeOf, fitsMessageType, messageTypeFor } from "./content-types.ts";
import { cleanedName } from "./file-names.ts";
import { withoutMetadata } from "./metadata/without-metadata.ts";
import type { Pictures } from "./pictures.ts";

/** What a message is sent with. */
export interface Enclosure {
  readonly type: MessageType;
  readonly files: readonly AttachedFile[];
}

/** Files that go with messages. What each method throws is in the contract. */
export interface Attachments {
  /**
   * Takes a file in, a picture without what was written about it; it waits for a message of the same user, and is removed
   * when none comes. Throws FILE_TOO_LARGE, LIMIT_REACHED, what `bytes` throws.
   */
  upload(userId: UserId, name: string, bytes: AsyncIterable<Uint8Array>): Promise<AttachedFile>;
  /** Opens a file, or the small picture of it, for who may read its room or has just sent it. Throws ATTACHMENT_NOT_FOUND or BANNED. */
  open(caller: Caller, id: AttachmentId, form: FileForm): Promise<{ file: AttachedFile; kept: KeptFile }>;

  /**
   * Finds the files for a message of this user that says it is of this type, UNSPECIFIED for whatever fits. Throws
   * ATTACHMENT_NOT_FOUND unless all of them are the user's own and belong to no message, INVALID_FIELD for another type.
   */
  enclose(tx: Queries<ChatTables>, userId: UserId, ids: readonly string[], type: MessageType): Promise<Enclosure>;
  /** They belong to this message from now on. Throws ATTACHMENT_NOT_FOUND when another message was faster. */
  attach(tx: Queries<ChatTables>, message: Pick<StoredMessage, "id" | "roomId" | "files">): Promise<void>;
  /** The message is deleted: nobody finds its files from now on, and they are removed soon. */
  drop(tx: Queries<ChatTables>, message: Pick<StoredMessage, "files">): Promise<void>;
}

export type FileForm = "original" | "thumbnail";

const keys: Readonly<Record<FileForm, (id: AttachmentId) => FileKey>> = {
  original: (id) => `attachments/${id}`,
  thumbnail: (id) => `thumbnails/${id}`,
};

/** A picture without its metadata is no larger than with it, but for saying which way up it is. */
const spareBytes = 64;

/** Everything that is kept of an upload. */
export const keysOf = (id: AttachmentId): FileKey[] => Object.values(keys).map((key) => key(id));

export function createAttachments(needs: {
  database: Database<ChatTables>;
  clock: Clock;
  files: Files;
  store: AttachmentStore;
  pictures: Pictures;
  erasures: Pick<ErasureStore, "isMarked">;
}): Attachments {
  const { database, clock, files, store, pictures, erasures } = needs;
  const underWay = new Map<UserId, number>();

  function countUpload(userId: UserId): Disposable {
    const { uploadsAtOncePerUser } = limits.files;
    const now = underWay.get(userId) ?? 0;
    if (now >= uploadsAtOncePerUser) {
      throw limitReached(`you send ${uploadsAtOncePerUser} files already: wait for one to end`, uploadsAtOncePerUser);
    }
    underWay.set(userId, now + 1);
    return {
      [Symbol.dispose]() {
        const left = (underWay.get(userId) ?? 1) - 1;
        if (left === 0) underWay.delete(userId);
        else underWay.set(userId, left);
      },
    };
  }

  async function begin(uploaderId: UserId): Promise<AttachmentId> {
    const { bytesPerUser, unattachedPerUser, unattachedMs } = limits.files;
    const id = newId<AttachmentId>();
    await database.write(
      async (tx) => {
        if (await erasures.isMarked(tx, uploaderId)) throw accountClosed();
        const { bytes, unattached } = await store.usage(tx, uploaderId);
        if (bytes >= bytesPerUser) {
          throw limitReached("your files take all the space that an account has: delete some", bytesPerUser);
        }
        if (unattached >= unattachedPerUser) {
          throw limitReached("too many of your files belong to no message yet: send them first", unattachedPerUser);
        }
        const at = clock.now();
        await store.begin(tx, { id, uploaderId, at, collectAt: at + unattachedMs });
      },
      { keys: [userKey(uploaderId)] },
    );
    return id;
  }

  async function keep(id: AttachmentId, name: string, bytes: AsyncIterable<Uint8Array>): Promise<AttachedFile> {
    await using incoming = await files.receive(bytes, limits.files.fileBytes);
    if (incoming.size === 0) throw invalidField("the file is empty");
    const contentType = await contentTypeOf(incoming.path);
    const clean = await withoutMetadata(incoming.path, contentType);
    await using cleaned = clean && (await files.receive(clean, incoming.size + spareBytes));
    const { path, size } = cleaned ?? incoming;
    const picture = await pictures.look(path, contentType);
    if (picture?.thumbnail !== undefined) {
      await using small = await files.receive(piece(picture.thumbnail), picture.thumbnail.length);
      await files.keep(keys.thumbnail(id), small.path);
    }
    await files.keep(keys.original(id), path);
    const measures = picture && { width: picture.width, height: picture.height };
    const hasThumbnail = picture?.thumbnail !== undefined;
    return { id, name: cleanedName(name), contentType, size, ...measures, hasThumbnail };
  }

  return {
    async upload(userId, name, bytes) {
      using _ = countUpload(userId);
      const id = await begin(userId);
      const mine = { keys: [userKey(userId)] };
      try {
        const file = await keep(id, name, bytes);
        // The account may be erased since: then nobody may find it.
        if (!(await database.write((tx) => store.finish(tx, userId, file), mine))) throw attachmentNotFound();
        return file;
      } catch (error) {
        await database.write((tx) => store.abandon(tx, id), mine);
        throw error instanceof FileTooLarge ? fileTooLarge(limits.files.fileBytes) : error;
      }
    },

    async open(caller, id, form) {
      const attachment = await store.find(database.read, id);
      if (attachment === undefined) throw attachmentNotFound();
      const { place, uploaderId } = attachment;
      if (place !== undefined) {
        const access = await loadAccess(database.read, caller, place.roomId, clock.now(), attachmentNotFound);
        requireRead(access, attachmentNotFound);
      } else if (uploaderId !== caller.userId) throw attachmentNotFound();
      const kept = await files.open(keys[form](id));
      // Deleted since it was found, or there is no small picture of it.
      if (kept === undefined) throw attachmentNotFound();
      return { file: attachment, kept };
    },

    async enclose(tx, userId, ids, type) {
      if (ids.length === 0) return { type: typeWithoutFiles(type), files: [] };
      const found = new Map((await store.unattached(tx, userId, ids as AttachmentId[])).map((file) => [file.id, file]));
      const chosen = ids.flatMap((id) => found.get(id as AttachmentId) ?? []);
      if (chosen.length < ids.length) throw attachmentNotFound();
      const types = chosen.map(({ contentType }) => contentType);
      if (type === Types.UNSPECIFIED) return { type: messageTypeFor(types), files: chosen };
      if (!fitsMessageType(type, types))
        throw invalidField("type does not fit the attachments: leave it out, or say FILE");
      return { type, files: chosen };
    },

    async attach(tx, { id: messageId, roomId, files: attached }) {
      if (attached.length === 0) return;
      const ids = attached.map(({ id }) => id);
      if ((await store.attach(tx, ids, { roomId, messageId })) < ids.length) throw attachmentNotFound();
    },

    async drop(tx, { files: attached }) {
      const ids = attached.map(({ id }) => id);
      if (ids.length > 0) await store.drop(tx, ids);
    },
  };
}

/** What a message is that brings no files and says that it is of this type. */
export function typeWithoutFiles(type: MessageType): MessageType {
  return type === Types.UNSPECIFIED ? Types.TEXT : type;
}

async function* piece(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
