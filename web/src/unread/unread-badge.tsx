import type { Unread } from "./unread.ts";

/** How much is unread; louder when the person is meant. */
export function UnreadBadge({ unread: { count, mentions } }: { readonly unread: Unread }) {
  if (count === 0) return null;
  return (
    <span class={mentions > 0 ? "badge badge-mention" : "badge"}>
      <span aria-hidden="true">{count > 99 ? "99+" : count}</span>
      <span class="hidden">{mentions > 0 ? `, ${count} unread, you are mentioned` : `, ${count} unread`}</span>
    </span>
  );
}
