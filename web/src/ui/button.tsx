import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icon.tsx";

interface ButtonProps {
  readonly kind?: "primary" | "plain" | "danger";
  readonly type?: "button" | "submit";
  /** Under way: it says so, and takes no second press. */
  readonly isBusy?: boolean;
  readonly isWide?: boolean;
  readonly icon?: IconName;
  readonly onClick?: (event: MouseEvent) => void;
  readonly children: ComponentChildren;
}

export function Button(props: ButtonProps) {
  const { kind = "plain", type = "button", isBusy = false, isWide = false, icon, onClick, children } = props;
  return (
    // Disabled only in effect: a button that loses the focus while it works throws keyboard users back to the top.
    <button
      type={type}
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
  readonly type?: "button" | "submit";
  readonly onClick?: (event: MouseEvent) => void;
}

export function IconButton({
  icon,
  label,
  kind = "plain",
  type = "button",
  isPressed,
  isDisabled,
  onClick,
}: IconButtonProps) {
  return (
    <button
      type={type}
      class={`icon-button icon-button-${kind}`}
      aria-label={label}
      title={label}
      aria-pressed={isPressed}
      disabled={isDisabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
