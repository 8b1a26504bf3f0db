import { signal } from "@preact/signals";
import { createBrowserSession } from "../../../src/client/browser.ts";
import { note } from "../ui/toasts.ts";
import { createWorkspace, type Workspace } from "./workspace.ts";

/** This browser's session; all tabs share it. */
export const session = createBrowserSession();

/** What a signed-in person sees; undefined for nobody. Made anew for whoever signs in. */
export const workspace = signal<Workspace | undefined>(open());

session.onChange((change) => {
  workspace.peek()?.close();
  workspace.value = open();
  if (change === "ended") note("Your session was ended. Sign in again to go on.");
});

// A tab that is closed takes what it has not sent with it, and what it broadcasts.
window.addEventListener("beforeunload", (event) => {
  const current = workspace.peek();
  const isBusy = (current?.outbox.items.peek().length ?? 0) > 0 || current?.sound.aired.peek() !== undefined;
  if (isBusy) event.preventDefault();
});

function open(): Workspace | undefined {
  const account = session.account();
  return account === undefined ? undefined : createWorkspace(session, account);
}
