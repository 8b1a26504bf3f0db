import type { RefObject } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { useWorkspace } from "../app/use-workspace.ts";
import { useSetting } from "../messages/use-place.ts";
import { type Candidate, complete, type MentionDraft, mentionAt, suggest } from "./suggest.ts";

export interface Mentions {
  readonly listId: string;
  readonly suggestions: readonly Candidate[];
  readonly chosen: number;
  /** Tells screen readers that suggestions belong to the text. */
  readonly attributes: Readonly<Record<string, string | boolean>>;
  /** The caret may stand elsewhere now. */
  look(): void;
  /** True when the key was for the suggestions. */
  onKeyDown(event: KeyboardEvent): boolean;
  choose(candidate: Candidate): void;
}

interface MentionNeeds {
  readonly input: RefObject<HTMLTextAreaElement | null>;
  readonly text: string;
  readonly onText: (text: string) => void;
}

/** Suggests whom one may mean while one writes an @. */
export function useMentions({ input, text, onText }: MentionNeeds): Mentions {
  const { candidates, account } = useWorkspace();
  const { room } = useSetting();
  const [draft, setDraft] = useState<MentionDraft>();
  const [chosen, setChosen] = useState(0);
  const [refused, setRefused] = useState<number>();
  const listId = useId();

  const isDrafting = draft !== undefined && draft.start !== refused && room !== undefined;
  const known = room === undefined ? undefined : candidates.in(room.id);
  useEffect(() => {
    if (!isDrafting) return;
    const looking = new AbortController();
    // Suggestions are of use as far as members are known.
    known?.seek(draft.words, looking.signal).catch(() => {});
    return () => looking.abort();
  }, [isDrafting, draft?.words]);

  const others = (known?.list.value ?? []).filter(({ userId }) => userId !== account.userId);
  const suggestions = isDrafting ? suggest(others, draft.words) : [];
  // Whoever has written a whole name needs no help with it.
  const isWhole = suggestions.length === 1 && suggestions[0]?.username.toLowerCase() === draft?.words.toLowerCase();
  const isOpen = suggestions.length > 0 && !isWhole;

  function look(): void {
    const area = input.current;
    const next = area === null ? undefined : mentionAt(area.value, area.selectionStart);
    if (next?.start === draft?.start && next?.words === draft?.words) return;
    setDraft(next);
    setChosen(0);
    if (next === undefined) setRefused(undefined);
  }
  // What is typed moves the caret too.
  useEffect(look, [text]);

  function choose({ username }: Candidate): void {
    const area = input.current;
    if (area === null || draft === undefined) return;
    const done = complete(text, area.selectionStart, draft, username);
    onText(done.text);
    setDraft(undefined);
    area.focus();
    // Once the new text stands in it.
    requestAnimationFrame(() => area.setSelectionRange(done.caret, done.caret));
  }

  function onKeyDown(event: KeyboardEvent): boolean {
    if (!isOpen || event.isComposing) return false;
    switch (event.key) {
      case "ArrowDown":
        setChosen((chosen + 1) % suggestions.length);
        break;
      case "ArrowUp":
        setChosen((chosen + suggestions.length - 1) % suggestions.length);
        break;
      case "Enter":
      case "Tab": {
        const candidate = suggestions[chosen];
        if (event.shiftKey || candidate === undefined) return false;
        choose(candidate);
        break;
      }
      case "Escape":
        setRefused(draft?.start);
        break;
      default:
        return false;
    }
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  const attributes: Mentions["attributes"] = isOpen
    ? {
        "aria-haspopup": "listbox",
        "aria-autocomplete": "list",
        "aria-controls": listId,
        "aria-activedescendant": `${listId}-${chosen}`,
      }
    : {};
  return { listId, suggestions: isOpen ? suggestions : [], chosen, attributes, look, onKeyDown, choose };
}
