import { signal } from "@preact/signals";
import { createBrowserSession } from "../../../src/client/browser.ts";
import { note } from "./toasts.ts";
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

// A tab that is closed takes what it has not sent with it.
window.addEventListener("beforeunload", (event) => {
  if ((workspace.peek()?.outbox.items.peek().length ?? 0) > 0) event.preventDefault();
});

function open(): Workspace | undefined {
  const account = session.account();
  return account === undefined ? undefined : createWorkspace(session, account);
}
