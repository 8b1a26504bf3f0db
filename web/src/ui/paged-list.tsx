import type { ComponentChildren } from "preact";
import { sentenceOfProblem } from "../text/sentences.ts";
import { Empty } from "./empty.tsx";
import type { IconName } from "./icon.tsx";
import { Skeleton } from "./skeleton.tsx";
import type { Pages } from "./use-pages.ts";

interface PagedListProps<Item> {
  readonly pages: Pages<Item>;
  /** What it lists, in a word or two. */
  readonly label: string;
  readonly empty: { readonly icon: IconName; readonly title: string; readonly text: string };
  readonly children: (item: Item) => ComponentChildren;
}

/** A list that is read page by page: its items, or what there is to say while there are none. */
export function PagedList<Item>({ pages, label, empty, children }: PagedListProps<Item>) {
  const { items, problem, hasMore, isBusy } = pages;
  if (items === undefined) {
    if (problem === undefined) return <Skeleton label={`Loading ${label}`} kind="rows" count={4} />;
    return <Empty icon="warning" title="This cannot be shown right now" text={sentenceOfProblem(problem)} />;
  }
  if (items.length === 0) return <Empty {...empty} />;
  return (
    <>
      <ul class="slips" aria-label={label}>
        {items.map(children)}
      </ul>
      {hasMore && (
        <button type="button" class="text-button list-more" aria-busy={isBusy} onClick={pages.more}>
          {isBusy ? "Loading…" : "Show more"}
        </button>
      )}
    </>
  );
}
