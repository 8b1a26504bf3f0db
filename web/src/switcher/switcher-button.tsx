import { useEffect, useState } from "preact/hooks";
import { Icon } from "../ui/icon.tsx";
import { Switcher } from "./switcher.tsx";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** Opens the way to everywhere, as Ctrl+K does from wherever one is. */
export function SwitcherButton() {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      const isAsked = event.key.toLowerCase() === "k" && (isMac ? event.metaKey : event.ctrlKey);
      if (!isAsked || event.altKey || event.shiftKey) return;
      event.preventDefault();
      // Another question is open, and is answered first.
      if (document.querySelector("dialog[open]") === null) setOpen(true);
    }
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
  return (
    <>
      <button
        type="button"
        class="switcher-button"
        aria-keyshortcuts={isMac ? "Meta+K" : "Control+K"}
        onClick={() => setOpen(true)}
      >
        <Icon name="search" />
        <span>Go to…</span>
        <small aria-hidden="true">{isMac ? "⌘K" : "Ctrl K"}</small>
      </button>
      {isOpen && <Switcher onClose={() => setOpen(false)} />}
    </>
  );
}
