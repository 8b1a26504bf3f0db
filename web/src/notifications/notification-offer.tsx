import { useWorkspace } from "../app/use-workspace.ts";

/** Offers notifications, once there was something to be told of. A browser that asks by itself is refused by reflex. */
export function NotificationOffer() {
  const { notifications } = useWorkspace();
  if (!notifications.isOffered.value) return null;
  return (
    <aside class="offer" aria-label="Notifications">
      <p>You were written to while you looked elsewhere. Be told next time?</p>
      <div>
        <button type="button" class="text-button" onClick={() => void notifications.turnOn()}>
          Turn on
        </button>
        <button type="button" class="text-button" onClick={notifications.turnOff}>
          Not now
        </button>
      </div>
    </aside>
  );
}
