import type { AttachmentId } from "../../platform/ids.ts";
import type { AttachedFile } from "./attachment-store.ts";

const none: readonly AttachedFile[] = [];

/** A message's files in its own row: they never change, and nobody who reads a message asks another table for them. */
export function filesToText(files: readonly AttachedFile[]): string {
  if (files.length === 0) return "[]";
  return JSON.stringify(
    files.map((file) => [
      file.id,
      file.name,
      file.contentType,
      file.size,
      file.width ?? 0,
      file.height ?? 0,
      file.hasThumbnail ? 1 : 0,
    ]),
  );
}

export function filesFrom(text: string): readonly AttachedFile[] {
  // Almost every message.
  if (text === "[]") return none;
  const rows = JSON.parse(text) as [AttachmentId, string, string, number, number, number, number][];
  return rows.map(([id, name, contentType, size, width, height, hasThumbnail]) => ({
    id,
    name,
    contentType,
    size,
    ...(width > 0 && { width, height }),
    hasThumbnail: hasThumbnail === 1,
  }));
}
