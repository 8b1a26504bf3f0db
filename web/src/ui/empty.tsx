import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon.tsx";

interface EmptyProps {
  /** It is all that the page shows: its title is the page's. */
  readonly isPage?: boolean;
  readonly icon: IconName;
  readonly title: string;
  readonly text: string;
  /** What to do next. */
  readonly children?: ComponentChildren;
}

/** Nothing is here yet, and what could be done about it. */
export function Empty({ isPage = false, icon, title, text, children }: EmptyProps) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={icon} />
      </span>
      {isPage ? <h1>{title}</h1> : <h2>{title}</h2>}
      <p>{text}</p>
      {children !== undefined && <div class="empty-actions">{children}</div>}
    </div>
  );
}
