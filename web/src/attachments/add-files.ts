import { note } from "../ui/toasts.ts";
import { MOST_FILES, type Uploads } from "./uploads.ts";

/** Adds files to what is being written, and says so when they are too many. */
export function addFiles(uploads: Uploads, key: string, files: readonly File[]): void {
  if (uploads.add(key, files) > 0)
    note(`A message holds at most ${MOST_FILES} files: send the others with the next one.`);
}
