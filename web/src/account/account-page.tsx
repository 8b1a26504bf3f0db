import { useState } from "preact/hooks";
import { BackLink } from "../app/back-link.tsx";
import { signOut } from "../app/sign-out.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { NotificationSettings } from "../notifications/notification-settings.tsx";
import { Button } from "../ui/button.tsx";
import { Choice } from "../ui/choice.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { Profile } from "./profile.tsx";
import { SessionList } from "./session-list.tsx";
import { theme } from "./theme.ts";
import { YourData } from "./your-data.tsx";

const THEMES = [
  { value: "system", label: "System" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
] as const;

export function AccountPage() {
  const { account, outbox } = useWorkspace();
  const [isAsking, setAsking] = useState(false);
  const hasUnsent = outbox.items.value.length > 0;
  return (
    <div class="settings">
      <header class="place-head">
        <BackLink />
        <div class="place-title">
          <h1>Account</h1>
          <p>{account.username}</p>
        </div>
        <div class="place-actions">
          <Button icon="leave" onClick={() => (hasUnsent ? setAsking(true) : void signOut())}>
            Sign out
          </Button>
        </div>
      </header>
      <div class="settings-body">
        <Profile />
        <section class="settings-section" aria-labelledby="appearance-title">
          <h2 id="appearance-title">Appearance</h2>
          <Choice legend="Theme" value={theme.value} options={THEMES} onChange={(next) => (theme.value = next)} />
        </section>
        <NotificationSettings />
        <section class="settings-section" aria-labelledby="sessions-title">
          <h2 id="sessions-title">Sessions</h2>
          <p class="settings-text">
            Where you are signed in. End a session that you do not know, and it is out at once.
          </p>
          <SessionList />
        </section>
        <YourData />
      </div>
      {isAsking && (
        <ConfirmDialog
          title="Sign out with unsent messages?"
          text="Some of your messages have not been sent yet. If you sign out now, they are lost."
          verb="Sign out"
          onConfirm={signOut}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
}
