import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useWorkspace } from "../app/use-workspace.ts";
import { addFiles } from "../attachments/add-files.ts";
import { UploadList } from "../attachments/upload-list.tsx";
import { EmojiPicker } from "../emoji/emoji-picker.tsx";
import { MentionList } from "../mentions/mention-list.tsx";
import { useMentions } from "../mentions/use-mentions.ts";
import type { Place } from "../messages/places.ts";
import { IconButton } from "../ui/button.tsx";
import { GrowingText } from "./growing-text.tsx";
import { TypingLine } from "./typing-line.tsx";

interface ComposerProps {
  /** What is begun is kept under this name. */
  readonly draftKey: string;
  readonly place: Place;
  readonly roomId: string | undefined;
  /** The message that is answered. */
  readonly replyTo?: string;
  readonly label: string;
  /** Whether it takes the focus as it opens. */
  readonly takesFocus: boolean;
  readonly input: RefObject<HTMLTextAreaElement | null>;
  /** The person pressed the arrow up with nothing written. */
  readonly onEditLast?: () => void;
}

/** Where one writes. What was begun waits here until one comes back. */
export function Composer(props: ComposerProps) {
  const { draftKey, place, roomId, replyTo, label, takesFocus, input, onEditLast } = props;
  const { outbox, typing, uploads, drafts } = useWorkspace();
  const [text, setText] = useState(() => drafts.peek(draftKey));
  const [isPicking, setPicking] = useState(false);
  const smile = useRef<HTMLButtonElement>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const mentions = useMentions({ input, text, onText: write });
  const waiting = uploads.of(draftKey);
  const isSending = waiting.some(({ state }) => state === "sending");
  const isReady = (text.trim() !== "" || waiting.some(({ state }) => state === "sent")) && !isSending;

  // On a touch screen the keyboard would cover what one came to read.
  useEffect(() => {
    if (takesFocus && matchMedia("(hover: hover)").matches) input.current?.focus();
  }, []);

  function write(next: string): void {
    setText(next);
    drafts.set(draftKey, next);
    if (roomId === undefined) return;
    if (next === "") typing.stopped(roomId);
    else typing.pressed(roomId);
  }

  function send(): void {
    if (!isReady) return;
    const files = uploads.take(draftKey);
    outbox.add({ place: place.key, roomId, content: text.trim(), replyTo, ...(files.length > 0 && { files }) });
    write("");
    input.current?.focus();
  }

  /** Puts a text where one writes. */
  function insert(piece: string): void {
    const area = input.current;
    const [start, end] = [area?.selectionStart ?? text.length, area?.selectionEnd ?? text.length];
    write(text.slice(0, start) + piece + text.slice(end));
    area?.focus();
    // Once the new text stands in it.
    requestAnimationFrame(() => area?.setSelectionRange(start + piece.length, start + piece.length));
  }

  return (
    <div class="composer">
      {replyTo === undefined && <TypingLine roomId={roomId} />}
      <form
        class="composer-frame"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <MentionList mentions={mentions} />
        <UploadList uploadKey={draftKey} />
        <div class="composer-line">
          <IconButton icon="clip" label="Add files" onClick={() => chooser.current?.click()} />
          <input
            ref={chooser}
            class="hidden"
            type="file"
            multiple
            tabIndex={-1}
            aria-label="Files to add"
            onChange={({ currentTarget }) => {
              addFiles(uploads, draftKey, [...(currentTarget.files ?? [])]);
              currentTarget.value = "";
              input.current?.focus();
            }}
          />
          <GrowingText
            inputRef={input}
            label={label}
            placeholder={label}
            value={text}
            onInput={write}
            onEnter={send}
            suggests={mentions.attributes}
            onPaste={(event) => {
              const files = [...(event.clipboardData?.files ?? [])];
              if (files.length === 0) return;
              event.preventDefault();
              addFiles(uploads, draftKey, files);
            }}
            onSelect={mentions.look}
            onKeyDownFirst={mentions.onKeyDown}
            onKeyDown={(event) => {
              if (event.key !== "ArrowUp" || text !== "" || onEditLast === undefined) return;
              event.preventDefault();
              onEditLast();
            }}
          />
          <IconButton
            buttonRef={smile}
            icon="smile"
            label="Insert an emoji"
            isExpanded={isPicking}
            onClick={() => setPicking(!isPicking)}
          />
          <IconButton icon="send" label="Send" kind="primary" type="submit" isDisabled={!isReady} />
        </div>
      </form>
      {isPicking && <EmojiPicker anchor={smile} onChoose={insert} onClose={() => setPicking(false)} />}
    </div>
  );
}
