import { ToastStack } from "../parts/toast-stack.tsx";
import { WorkspaceContext } from "../parts/use-workspace.ts";
import { workspace } from "../state/session.ts";
import { Shell } from "./shell.tsx";
import { SignInPage } from "./sign-in-page.tsx";

export function App() {
  const current = workspace.value;
  return (
    <>
      {current === undefined ? (
        <SignInPage />
      ) : (
        // A key of its own: nothing of one person's shall be left when another one signs in.
        <WorkspaceContext.Provider key={current.account.userId} value={current}>
          <Shell />
        </WorkspaceContext.Provider>
      )}
      <ToastStack />
    </>
  );
}
