import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useWorkspace } from "../app/use-workspace.ts";
import { IconButton } from "../ui/button.tsx";

interface PanelFrameProps {
  readonly title: string;
  /** What it holds goes up to its edges, and scrolls by itself. */
  readonly isFilled?: boolean;
  /** Under the title, and stays there. */
  readonly head?: ComponentChildren;
  /** At the lower end, and stays there. */
  readonly foot?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** Beside the log where there is room for both, above it elsewhere. */
export function PanelFrame({ title, isFilled = false, head, foot, children }: PanelFrameProps) {
  const { panel } = useWorkspace();
  const ref = useRef<HTMLElement>(null);

  // Where it covers the log it is where one is now, unless something in it has the focus already.
  useEffect(() => {
    const element = ref.current;
    if (element === null || element.contains(document.activeElement)) return;
    if (getComputedStyle(element).position === "fixed") element.focus();
  }, []);

  return (
    <>
      <button type="button" class="panel-veil" tabIndex={-1} aria-label="Back to the messages" onClick={panel.close} />
      <aside
        ref={ref}
        class="panel"
        aria-label={title}
        tabIndex={-1}
        onKeyDown={(event) => {
          if (event.key === "Escape" && !event.defaultPrevented) panel.close();
        }}
      >
        <header class="panel-head">
          <h2>{title}</h2>
          <IconButton icon="close" label={`Close ${title.toLowerCase()}`} onClick={panel.close} />
        </header>
        {head}
        <div class={isFilled ? "panel-body panel-body-filled" : "panel-body"}>{children}</div>
        {foot}
      </aside>
    </>
  );
}
