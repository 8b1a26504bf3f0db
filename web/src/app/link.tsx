import type { ComponentChildren } from "preact";
import { navigate } from "./router.ts";

interface LinkProps {
  readonly to: string;
  readonly class?: string;
  readonly label?: string;
  readonly isCurrent?: boolean;
  /** Instead of just going there. */
  readonly onFollow?: () => void;
  readonly children: ComponentChildren;
}

/** A link inside the console. With a modifier key it does what links do: a new tab, a new window. */
export function Link({ to, label, isCurrent = false, onFollow = () => navigate(to), children, ...rest }: LinkProps) {
  function follow(event: MouseEvent): void {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    onFollow();
  }
  return (
    <a {...rest} href={to} onClick={follow} aria-label={label} aria-current={isCurrent ? "page" : undefined}>
      {children}
    </a>
  );
}
