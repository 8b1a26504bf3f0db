import { navigate, paths } from "./router.ts";
import { session, workspace } from "./session.ts";

/** Signs out, and leaves nothing of what the person wrote in this browser. */
export async function signOut(): Promise<void> {
  workspace.peek()?.outbox.clear();
  workspace.peek()?.drafts.clear();
  navigate(paths.home);
  await session.signOut();
}
