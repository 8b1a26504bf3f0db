import { useWorkspace } from "../app/use-workspace.ts";
import { Button } from "../ui/button.tsx";
import { useAction } from "../ui/use-action.ts";

/** Whether the browser calls the person who looks elsewhere. */
export function NotificationSettings() {
  const { notifications } = useWorkspace();
  const permission = notifications.permission.value;
  const isOn = notifications.isOn.value;
  const [turnOn, isBusy] = useAction(async () => void (await notifications.turnOn()));
  return (
    <section class="settings-section" aria-labelledby="notifications-title">
      <h2 id="notifications-title">Notifications</h2>
      <p class="settings-text">{WORDS[permission === undefined ? "unsupported" : isOn ? "on" : permission]}</p>
      {permission !== undefined && permission !== "denied" && (
        <div class="settings-actions">
          {isOn ? (
            <Button icon="bell" onClick={notifications.turnOff}>
              Turn off
            </Button>
          ) : (
            <Button icon="bell" isBusy={isBusy} onClick={() => void turnOn()}>
              Turn on
            </Button>
          )}
        </div>
      )}
    </section>
  );
}

const ASK = "Be told of direct messages and mentions while you look elsewhere, and of nothing else.";

const WORDS: Record<NotificationPermission | "on" | "unsupported", string> = {
  on: "This browser tells you of direct messages and mentions while you look elsewhere.",
  default: ASK,
  granted: ASK,
  denied: "This browser was told not to show notifications of this page: its settings for the site allow them again.",
  unsupported: "This browser shows no notifications for this page. Pages on HTTPS have more.",
};
