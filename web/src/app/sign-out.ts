import { drafts } from "../composer/drafts.ts";
import { navigate, paths } from "./router.ts";
import { session, workspace } from "./session.ts";

/** Signs out, and leaves nothing of the person in this tab. */
export async function signOut(): Promise<void> {
  workspace.peek()?.outbox.clear();
  drafts.clear();
  navigate(paths.home);
  await session.signOut();
}
