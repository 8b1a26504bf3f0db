import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { isInFence } from "../text/markup.ts";

/** As the contract limits a message. */
const LONGEST = 4000;

interface GrowingTextProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly isFocused?: boolean;
  readonly onInput: (text: string) => void;
  readonly onEnter: () => void;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  /** Asked before all else; true when it has dealt with the key. */
  readonly onKeyDownFirst?: (event: KeyboardEvent) => boolean;
  readonly onPaste?: (event: ClipboardEvent) => void;
  /** The caret was moved. */
  readonly onSelect?: () => void;
  /** For a list of suggestions that belongs to it. */
  readonly suggests?: Readonly<Record<string, string | boolean>>;
  readonly inputRef?: RefObject<HTMLTextAreaElement | null>;
}

/** A text that grows with what is written. Enter is for the caller; Shift+Enter, and Enter within code, begin a new line. */
export function GrowingText(props: GrowingTextProps) {
  const { label, value, placeholder, isFocused = false, onInput, onEnter, onKeyDown, onKeyDownFirst } = props;
  const own = useRef<HTMLTextAreaElement>(null);
  const ref = props.inputRef ?? own;

  useLayoutEffect(() => {
    const area = ref.current;
    if (area === null) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [value]);

  // Before it is painted: what is typed next shall find it ready.
  useLayoutEffect(() => {
    if (!isFocused) return;
    ref.current?.focus();
    ref.current?.setSelectionRange(value.length, value.length);
  }, []);

  return (
    <textarea
      {...props.suggests}
      ref={ref}
      class="growing"
      rows={1}
      dir="auto"
      maxlength={LONGEST}
      aria-label={label}
      placeholder={placeholder}
      value={value}
      onInput={(event) => onInput(event.currentTarget.value)}
      onPaste={props.onPaste}
      onSelect={props.onSelect}
      onKeyDown={(event) => {
        if (onKeyDownFirst?.(event)) return;
        // While an input method composes a character, Enter is the input method's.
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !isInCode(event.currentTarget)) {
          event.preventDefault();
          onEnter();
        } else onKeyDown?.(event);
      }}
    />
  );
}

const isInCode = ({ value, selectionStart }: HTMLTextAreaElement): boolean => isInFence(value.slice(0, selectionStart));
