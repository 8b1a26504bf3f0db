import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Workspace } from "./workspace.ts";

export const WorkspaceContext = createContext<Workspace | undefined>(undefined);

/** The signed-in person's workspace. Only for what is shown to somebody signed in. */
export function useWorkspace(): Workspace {
  const workspace = useContext(WorkspaceContext);
  if (workspace === undefined) throw new Error("nobody is signed in");
  return workspace;
}
