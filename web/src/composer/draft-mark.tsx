import { Icon } from "../ui/icon.tsx";

/** Behind the name of a place where something was begun. */
export function DraftMark() {
  return (
    <span class="draft-mark" title="You have begun a message">
      <Icon name="pencil" />
      <span class="hidden">, draft</span>
    </span>
  );
}
