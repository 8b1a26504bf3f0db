import { Avatar } from "../ui/avatar.tsx";
import type { Mentions } from "./use-mentions.ts";

/** Whom one may mean, above the text. The focus stays in the text. */
export function MentionList({ mentions }: { readonly mentions: Mentions }) {
  const { listId, suggestions, chosen, choose } = mentions;
  if (suggestions.length === 0) return null;
  return (
    <div id={listId} class="suggestions" role="listbox" aria-label="People to mention">
      {suggestions.map((candidate, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the text has the focus, and its keys choose
        // biome-ignore lint/a11y/useFocusableInteractive: the text has the focus, and its keys choose
        <div
          key={candidate.userId}
          id={`${listId}-${index}`}
          class="suggestion"
          role="option"
          aria-selected={index === chosen}
          // Before the text loses the focus.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => choose(candidate)}
        >
          <Avatar userId={candidate.userId} username={candidate.username} size="small" />
          {candidate.username}
        </div>
      ))}
    </div>
  );
}
