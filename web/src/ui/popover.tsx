import type { ComponentChildren, RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface PopoverProps {
  /** Beside this it stands. */
  readonly anchor: RefObject<HTMLElement | null>;
  readonly class?: string;
  readonly role: "menu" | "dialog";
  readonly label: string;
  readonly onClose: () => void;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  readonly children: ComponentChildren;
}

/** Away from the anchor, and from the edges of the window. */
const GAP_PX = 4;
const EDGE_PX = 8;

/** Something small above the page. The browser closes it on Esc and when one looks elsewhere. */
export function Popover({ anchor, class: name = "", role, label, onClose, onKeyDown, children }: PopoverProps) {
  const ref = useRef<HTMLDivElement>(null);
  const latest = useRef(onClose);
  latest.current = onClose;

  useLayoutEffect(() => {
    const box = ref.current;
    if (box === null) return;
    const opener = anchor.current;
    box.showPopover();
    place(box, opener);
    const onToggle = (event: ToggleEvent) => event.newState === "closed" && latest.current();
    box.addEventListener("toggle", onToggle as EventListener);
    // What it holds may come late, and then it is larger.
    const sizes = new ResizeObserver(() => place(box, opener));
    sizes.observe(box);
    return () => {
      sizes.disconnect();
      box.removeEventListener("toggle", onToggle as EventListener);
      const hadFocus = box.contains(document.activeElement);
      if (box.matches(":popover-open")) box.hidePopover();
      if (hadFocus && opener?.isConnected) opener.focus();
    };
  }, []);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: its role is the caller's
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: its role is the caller's
    <div
      ref={ref}
      class={`popover ${name}`}
      popover="auto"
      role={role}
      aria-label={label}
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      {children}
    </div>
  );
}

/** Below the anchor, or above where there is more room; within the window. */
function place(box: HTMLElement, anchor: HTMLElement | null): void {
  const at = anchor?.getBoundingClientRect() ?? new DOMRect(innerWidth / 2, innerHeight / 2);
  const { offsetWidth: width, offsetHeight: height } = box;
  const below = innerHeight - at.bottom;
  const isAbove = below < height + GAP_PX + EDGE_PX && at.top > below;
  const top = isAbove ? at.top - height - GAP_PX : at.bottom + GAP_PX;
  const left = at.left + width + EDGE_PX > innerWidth ? at.right - width : at.left;
  box.style.top = `${clamp(top, EDGE_PX, innerHeight - height - EDGE_PX)}px`;
  box.style.left = `${clamp(left, EDGE_PX, innerWidth - width - EDGE_PX)}px`;
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, most));
}
