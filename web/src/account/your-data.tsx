import { useState } from "preact/hooks";
import { useWorkspace } from "../app/use-workspace.ts";
import { Button } from "../ui/button.tsx";
import { useAction } from "../ui/use-action.ts";
import { DeleteAccountDialog } from "./delete-account-dialog.tsx";

/** What the service knows of the person, to take along or to erase. */
export function YourData() {
  const { account, files } = useWorkspace();
  const [isAsking, setAsking] = useState(false);
  const [save, isBusy] = useAction(() => files.save("/account/export", `veza-${account.username}.json`));
  return (
    <section class="settings-section" aria-labelledby="data-title">
      <h2 id="data-title">Your data</h2>
      <p class="settings-text">
        Everything that is kept of you here, as one JSON file: your account, your rooms, what you wrote.
      </p>
      <div class="settings-actions">
        <Button icon="download" isBusy={isBusy} onClick={() => void save()}>
          Export my data
        </Button>
      </div>
      <h3>Delete your account</h3>
      <p class="settings-text">
        Erases your name, your address and what you wrote, everywhere and for good. Rooms that you own stay for their
        members.
      </p>
      <div class="settings-actions">
        <Button kind="danger" icon="bin" onClick={() => setAsking(true)}>
          Delete account…
        </Button>
      </div>
      {isAsking && <DeleteAccountDialog onClose={() => setAsking(false)} />}
    </section>
  );
}
