import { useLayoutEffect, useRef } from "preact/hooks";
import { IconButton } from "./button.tsx";
import { Icon } from "./icon.tsx";
import { dismiss, toasts } from "./toasts.ts";

/** What was said in passing. The region is always there, so that screen readers hear what comes into it. */
export function ToastStack() {
  const ref = useRef<HTMLElement>(null);
  const shown = toasts.value;

  // Shown anew with every toast: the last popover or dialog that opened lies on top.
  useLayoutEffect(() => {
    const region = ref.current;
    if (region === null) return;
    if (region.matches(":popover-open")) region.hidePopover();
    if (shown.length > 0) region.showPopover();
  }, [shown]);

  return (
    <section ref={ref} class="toasts" popover="manual" aria-label="Notices" aria-live="polite">
      {shown.map(({ id, kind, text }) => (
        <div key={id} class={`toast toast-${kind}`}>
          {kind === "error" && <Icon name="warning" />}
          <p>{text}</p>
          <IconButton icon="close" label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </section>
  );
}
