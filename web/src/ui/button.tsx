import type { ComponentChildren, RefObject } from "preact";
import { Icon, type IconName } from "./icon.tsx";

interface ButtonProps {
  readonly kind?: "primary" | "plain" | "danger";
  readonly type?: "button" | "submit";
  /** Under way: it says so, and takes no second press. */
  readonly isBusy?: boolean;
  readonly isWide?: boolean;
  readonly icon?: IconName;
  /** Whether it opens something, and whether that is open. */
  readonly isExpanded?: boolean;
  readonly buttonRef?: RefObject<HTMLButtonElement | null>;
  readonly onClick?: (event: MouseEvent) => void;
  readonly children: ComponentChildren;
}

export function Button(props: ButtonProps) {
  const {
    kind = "plain",
    type = "button",
    isBusy = false,
    isWide = false,
    icon,
    isExpanded,
    buttonRef,
    onClick,
    children,
  } = props;
  return (
    // Disabled only in effect: a button that loses the focus while it works throws keyboard users back to the top.
    <button
      {...(buttonRef !== undefined && { ref: buttonRef })}
      type={type}
      aria-expanded={isExpanded}
      class={`button button-${kind}${isWide ? " button-wide" : ""}`}
      aria-disabled={isBusy}
      aria-busy={isBusy}
      onClick={(event) => {
        if (isBusy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {isBusy ? <span class="spinner" /> : icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

interface IconButtonProps {
  readonly icon: IconName;
  /** What it does: for the screen reader, and as a tip. */
  readonly label: string;
  readonly kind?: "plain" | "primary";
  readonly isPressed?: boolean;
  readonly isDisabled?: boolean;
  /** Whether it opens something, and whether that is open. */
  readonly isExpanded?: boolean;
  readonly type?: "button" | "submit";
  readonly buttonRef?: RefObject<HTMLButtonElement | null>;
  readonly onClick?: (event: MouseEvent) => void;
}

export function IconButton({
  icon,
  label,
  kind = "plain",
  type = "button",
  isPressed,
  isDisabled,
  isExpanded,
  buttonRef,
  onClick,
}: IconButtonProps) {
  return (
    <button
      {...(buttonRef !== undefined && { ref: buttonRef })}
      type={type}
      class={`icon-button icon-button-${kind}`}
      aria-label={label}
      title={label}
      aria-pressed={isPressed}
      aria-expanded={isExpanded}
      disabled={isDisabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
