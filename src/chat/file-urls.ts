import type { AttachmentId } from "../platform/ids.ts";

/** Where files are reached over HTTP. */
export interface FileUrls {
  file(id: AttachmentId): string;
  thumbnail(id: AttachmentId): string;
}

/** `publicUrl` answers what URLs start with, without a slash at the end. */
export function createFileUrls(publicUrl: () => string): FileUrls {
  return {
    file: (id) => `${publicUrl()}/files/${id}`,
    thumbnail: (id) => `${publicUrl()}/files/${id}/thumbnail`,
  };
}
