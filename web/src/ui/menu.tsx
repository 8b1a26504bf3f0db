import { useEffect, useRef, useState } from "preact/hooks";
import { Button, IconButton } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";
import { Popover } from "./popover.tsx";

export interface MenuItem {
  readonly label: string;
  readonly icon: IconName;
  readonly isDanger?: boolean;
  /** One of several, and the one that holds. */
  readonly isChosen?: boolean;
  readonly onSelect: () => void;
}

interface MenuButtonProps {
  readonly icon: IconName;
  /** What the menu is about. */
  readonly label: string;
  /** Shown on the button; without it, there is only the icon. */
  readonly text?: string;
  /** Groups of what can be done; those without anything are left out. */
  readonly groups: readonly (readonly MenuItem[])[];
  readonly onToggle?: (isOpen: boolean) => void;
}

/** A button that opens a list of what can be done. Arrows, Home, End and the first letters move in it. */
export function MenuButton({ icon, label, text, groups, onToggle }: MenuButtonProps) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const filled = groups.filter((group) => group.length > 0);

  function toggle(next: boolean): void {
    setOpen(next);
    onToggle?.(next);
  }

  if (filled.length === 0) return null;
  const common = { icon, isExpanded: isOpen, onClick: () => toggle(!isOpen), buttonRef: button } as const;
  return (
    <>
      {text === undefined ? <IconButton {...common} label={label} /> : <Button {...common}>{text}</Button>}
      {isOpen && (
        <Popover anchor={button} class="menu" role="menu" label={label} onClose={() => toggle(false)} onKeyDown={move}>
          <MenuItems groups={filled} onDone={() => toggle(false)} />
        </Popover>
      )}
    </>
  );
}

function MenuItems(props: { readonly groups: MenuButtonProps["groups"]; readonly onDone: () => void }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => ref.current?.querySelector<HTMLElement>("[role^=menuitem]")?.focus(), []);
  return (
    <div ref={ref}>
      {props.groups.map((group, index) => (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
        <div key={index} class="menu-group" role="group">
          {group.map(({ label, icon, isDanger, isChosen, onSelect }) => (
            // biome-ignore lint/a11y/useAriaPropsSupportedByRole: the role that has it is given below
            <button
              key={label}
              type="button"
              role={isChosen === undefined ? "menuitem" : "menuitemradio"}
              aria-checked={isChosen}
              class={isDanger ? "menu-item menu-item-danger" : "menu-item"}
              tabIndex={-1}
              onClick={() => {
                props.onDone();
                onSelect();
              }}
            >
              <Icon name={icon} />
              <span>{label}</span>
              {isChosen && <Icon name="check" />}
            </button>
          ))}
        </div>
      ))}
    </div>
  );
}

function move(event: KeyboardEvent): void {
  const items = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role^=menuitem]")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = targetOf(event.key, at, items);
  if (next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  next.focus();
}

function targetOf(key: string, at: number, items: readonly HTMLElement[]): HTMLElement | undefined {
  switch (key) {
    case "ArrowDown":
      return items[(at + 1) % items.length];
    case "ArrowUp":
      return items.at(at <= 0 ? -1 : at - 1);
    case "Home":
      return items[0];
    case "End":
      return items.at(-1);
    default: {
      if (key.length !== 1 || key === " ") return undefined;
      const isNamed = (item: HTMLElement) => item.textContent?.trim().toLowerCase().startsWith(key.toLowerCase());
      return [...items.slice(at + 1), ...items.slice(0, at + 1)].find(isNamed);
    }
  }
}
