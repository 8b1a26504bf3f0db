import { useEffect, useId, useRef, useState } from "preact/hooks";
import { navigate } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { type Destination, destinationsOf, matching } from "./destinations.ts";

/** More are found by another letter. */
const MOST = 40;

/** Goes anywhere by a few letters of its name. */
export function Switcher({ onClose }: { readonly onClose: () => void }) {
  const workspace = useWorkspace();
  const [words, setWords] = useState("");
  const [chosen, setChosen] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const found = matching(destinationsOf(workspace), words, MOST);
  const at = Math.min(chosen, found.length - 1);

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [at]);

  function go({ to }: Destination): void {
    onClose();
    navigate(to);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const step = STEPS[event.key];
    if (step !== undefined && found.length > 0) setChosen((at + step + found.length) % found.length);
    else if (event.key === "Enter" && found[at] !== undefined) go(found[at]);
    else return;
    event.preventDefault();
  }

  return (
    <Dialog title="Go to" onClose={onClose}>
      <div class="switcher">
        <div class="field-frame">
          <Icon name="search" />
          <input
            autofocus
            role="combobox"
            aria-label="Room or person"
            aria-expanded="true"
            aria-controls={id}
            aria-autocomplete="list"
            aria-activedescendant={found.length > 0 ? `${id}-${at}` : undefined}
            placeholder="Room or person"
            autocomplete="off"
            value={words}
            onInput={({ currentTarget }) => {
              setWords(currentTarget.value);
              setChosen(0);
            }}
            onKeyDown={onKeyDown}
          />
        </div>
        <div ref={list} id={id} class="switcher-list" role="listbox" aria-label="Rooms and people">
          {found.map((destination, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the text has the focus, and its keys choose
            // biome-ignore lint/a11y/useFocusableInteractive: the text has the focus, and its keys choose
            <div
              key={destination.to}
              id={`${id}-${index}`}
              class={destination.unread > 0 ? "row row-unread" : "row"}
              role="option"
              aria-selected={index === at}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => go(destination)}
            >
              {destination.userId !== undefined ? (
                <Avatar userId={destination.userId} username={destination.name} size="small" />
              ) : (
                <Icon name={destination.icon ?? "hash"} />
              )}
              <span class="row-name">{destination.name}</span>
              {destination.note !== undefined && <span class="row-note">{destination.note}</span>}
              {destination.unread > 0 && (
                <span class="badge">
                  {destination.unread > 99 ? "99+" : destination.unread}
                  <span class="hidden"> unread</span>
                </span>
              )}
            </div>
          ))}
        </div>
        <p class={found.length > 0 ? "hidden" : "list-empty"} role="status">
          {found.length > 0 ? "" : "Nothing is called like that."}
        </p>
      </div>
    </Dialog>
  );
}

const STEPS: Partial<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };
