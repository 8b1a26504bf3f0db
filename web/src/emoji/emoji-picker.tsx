import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Popover } from "../ui/popover.tsx";
import { recentEmojis, rememberEmoji } from "./recent.ts";

type Data = typeof import("./emoji-data.ts");

interface EmojiPickerProps {
  readonly anchor: RefObject<HTMLElement | null>;
  readonly onChoose: (emoji: string) => void;
  readonly onClose: () => void;
}

/** As many as the style sheet sets in a row. */
const COLUMNS = 8;
const MOST_FOUND = 80;

/** Every emoji, found by its name or by looking. Arrows move in the grid, Enter chooses. */
export function EmojiPicker({ anchor, onChoose, onClose }: EmojiPickerProps) {
  const [data, setData] = useState<Data>();
  const [words, setWords] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const recent = useRef(recentEmojis()).current;

  useEffect(() => {
    input.current?.focus();
    import("./emoji-data.ts").then(setData, onClose);
  }, []);

  function choose(emoji: string): void {
    rememberEmoji(emoji);
    onClose();
    onChoose(emoji);
  }

  const found = words.trim() === "" ? undefined : data?.findEmojis(words).slice(0, MOST_FOUND);
  return (
    <Popover anchor={anchor} class="picker" role="dialog" label="Choose an emoji" onClose={onClose} onKeyDown={move}>
      <input
        ref={input}
        class="picker-search"
        type="search"
        placeholder="Search"
        aria-label="Search emoji"
        value={words}
        onInput={(event) => setWords(event.currentTarget.value)}
        onKeyDown={(event) => {
          const [first] = found ?? [];
          if (event.key !== "Enter" || first === undefined) return;
          event.preventDefault();
          choose(first.emoji);
        }}
      />
      <div class="picker-body">
        {found === undefined ? (
          <>
            <EmojiGrid title="Often used" emojis={recent.map((emoji) => ({ emoji, name: emoji }))} onChoose={choose} />
            {data?.groups.map(({ title, emojis }) => (
              <EmojiGrid key={title} title={title} emojis={emojis} onChoose={choose} />
            ))}
          </>
        ) : found.length === 0 ? (
          <p class="picker-none">No emoji of that name.</p>
        ) : (
          <EmojiGrid title="Found" emojis={found} onChoose={choose} />
        )}
      </div>
    </Popover>
  );
}

interface EmojiGridProps {
  readonly title: string;
  readonly emojis: readonly { readonly emoji: string; readonly name: string }[];
  readonly onChoose: (emoji: string) => void;
}

function EmojiGrid({ title, emojis, onChoose }: EmojiGridProps) {
  return (
    <section class="picker-group" aria-label={title}>
      <h3>{title}</h3>
      <div class="picker-grid">
        {emojis.map(({ emoji, name }) => (
          <button
            key={emoji}
            type="button"
            class="picker-emoji"
            aria-label={name}
            title={name}
            onClick={() => onChoose(emoji)}
          >
            {emoji}
          </button>
        ))}
      </div>
    </section>
  );
}

function move(event: KeyboardEvent): void {
  const step = STEPS[event.key];
  const box = event.currentTarget as HTMLElement;
  const emojis = [...box.querySelectorAll<HTMLElement>(".picker-emoji")];
  const at = emojis.indexOf(document.activeElement as HTMLElement);
  // In the search, left and right are the text's own.
  if (step === undefined || (at < 0 && event.key !== "ArrowDown")) return;
  event.preventDefault();
  const next = at < 0 ? 0 : at + step;
  if (next < 0) box.querySelector<HTMLElement>("input")?.focus();
  else emojis[Math.min(next, emojis.length - 1)]?.focus();
}

const STEPS: Partial<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowUp: -COLUMNS,
  ArrowDown: COLUMNS,
};
