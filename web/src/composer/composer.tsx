import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useWorkspace } from "../app/use-workspace.ts";
import type { Place } from "../messages/places.ts";
import { IconButton } from "../ui/button.tsx";
import { drafts } from "./drafts.ts";
import { GrowingText } from "./growing-text.tsx";
import { TypingLine } from "./typing-line.tsx";

interface ComposerProps {
  readonly place: Place;
  readonly roomId: string | undefined;
  readonly label: string;
  /** Whether it takes the focus as it opens. */
  readonly takesFocus: boolean;
  readonly input: RefObject<HTMLTextAreaElement | null>;
  /** The person pressed the arrow up with nothing written. */
  readonly onEditLast: () => void;
}

/** Where one writes. What was begun waits here until one comes back. */
export function Composer({ place, roomId, label, takesFocus, input, onEditLast }: ComposerProps) {
  const { outbox, typing } = useWorkspace();
  const [text, setText] = useState(() => drafts.get(place.key));

  // On a touch screen the keyboard would cover what one came to read.
  useEffect(() => {
    if (takesFocus && matchMedia("(hover: hover)").matches) input.current?.focus();
  }, []);

  function write(next: string): void {
    setText(next);
    drafts.set(place.key, next);
    if (roomId === undefined) return;
    if (next === "") typing.stopped(roomId);
    else typing.pressed(roomId);
  }

  function send(): void {
    const content = text.trim();
    if (content === "") return;
    outbox.add(place.key, content);
    write("");
    input.current?.focus();
  }

  return (
    <div class="composer">
      <TypingLine roomId={roomId} />
      <form
        class="composer-frame"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <GrowingText
          inputRef={input}
          label={label}
          placeholder={label}
          value={text}
          onInput={write}
          onEnter={send}
          onKeyDown={(event) => {
            if (event.key !== "ArrowUp" || text !== "") return;
            event.preventDefault();
            onEditLast();
          }}
        />
        <IconButton icon="send" label="Send" kind="primary" type="submit" isDisabled={text.trim() === ""} />
      </form>
    </div>
  );
}
