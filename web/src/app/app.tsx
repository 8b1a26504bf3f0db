import { SignInPage } from "../account/sign-in-page.tsx";
import { ToastStack } from "../ui/toast-stack.tsx";
import { workspace } from "./session.ts";
import { Shell } from "./shell.tsx";
import { WorkspaceContext } from "./use-workspace.ts";

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
