import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";

interface MessageNavigationProps {
  /** The message that one points at or that has the focus; whichever came last. */
  readonly active: Signal<string | undefined>;
  readonly children: ComponentChildren;
}

/** Follows which message one is busy with, and leads from one to the next with the arrows. */
export function MessageNavigation({ active, children }: MessageNavigationProps) {
  const ref = useRef<HTMLDivElement>(null);
  const pointed = useRef<string | undefined>(undefined);
  const focused = useRef<string | undefined>(undefined);

  function show(id: string | undefined): void {
    // What was opened from a message belongs to it, wherever it lies.
    const isBusy = ref.current?.querySelector("[popover]:popover-open, dialog[open]") != null;
    if (!isBusy) active.value = id;
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only listens to what happens to the messages in it
    <div
      ref={ref}
      class="message-navigation"
      onFocusIn={({ target }) => {
        focused.current = idOf(target);
        show(focused.current);
      }}
      onFocusOut={({ relatedTarget }) => {
        focused.current = idOf(relatedTarget);
        show(focused.current ?? pointed.current);
      }}
      onPointerOver={({ pointerType, target }) => {
        // A finger that scrolls points at nothing; its tap gives the focus.
        if (pointerType === "touch") return;
        pointed.current = idOf(target);
        show(pointed.current ?? focused.current);
      }}
      onPointerLeave={() => {
        pointed.current = undefined;
        show(focused.current);
      }}
      onKeyDown={step}
    >
      {children}
    </div>
  );
}

/** Up and down lead to the message above and below. */
function step(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const side = SIDES[event.key];
  const target = event.target as HTMLElement;
  const from = messageAt(target);
  if (side === undefined || from === undefined || target.closest("textarea, input, [popover], dialog") !== null) return;
  const to = neighbour(from, side);
  if (to === undefined) return;
  event.preventDefault();
  to.focus();
  to.scrollIntoView({ block: "nearest" });
}

type Side = "previousElementSibling" | "nextElementSibling";

const SIDES: Partial<Record<string, Side>> = {
  ArrowUp: "previousElementSibling",
  ArrowDown: "nextElementSibling",
};

/** The next message on one side, past lines of days. */
function neighbour(from: HTMLElement, side: Side): HTMLElement | undefined {
  let next = from[side];
  while (next !== null && !(next instanceof HTMLElement && next.dataset.message !== undefined)) next = next[side];
  return next ?? undefined;
}

function idOf(target: EventTarget | null): string | undefined {
  return messageAt(target)?.dataset.message;
}

function messageAt(target: EventTarget | null): HTMLElement | undefined {
  return (target instanceof Element ? target.closest<HTMLElement>("[data-message]") : null) ?? undefined;
}
