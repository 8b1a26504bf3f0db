import { note } from "./toasts.ts";

/** Puts a text on the clipboard, and says so. Browsers refuse it to pages on plain HTTP: then the person is told. */
export async function copyText(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    note(done);
  } catch {
    note("This browser lets only pages on HTTPS copy: mark the text and press Ctrl+C.");
  }
}
