import { Failure, Reason } from "../platform/failure.ts";

/** Where a list goes on: the sort keys of the last item that was handed out. */
export type PageKey = readonly (string | number)[];

export interface Page {
  /** How many items to hand out, 1 to 200. */
  readonly size: number;
  /** Only items after this one; undefined on the first page. */
  readonly after: PageKey | undefined;
}

/** How many items a request asks for. */
export function pageSize(request: { pageSize: number }): number {
  return request.pageSize === 0 ? 50 : Math.min(request.pageSize, 200);
}

/**
 * Reads `page_size` and `page_token`. A token belongs to the list that made it (`list` names it and its filters) and
 * is refused elsewhere with INVALID_PAGE_TOKEN. `kinds` are the types of the sort keys.
 */
export function readPage(
  request: { pageSize: number; pageToken: string },
  list: string,
  kinds: readonly ("string" | "number")[],
): Page {
  const size = pageSize(request);
  if (request.pageToken === "") return { size, after: undefined };
  try {
    const [of, ...keys] = JSON.parse(Buffer.from(request.pageToken, "base64url").toString()) as unknown[];
    const fits = of === list && keys.length === kinds.length && keys.every((key, index) => typeof key === kinds[index]);
    if (fits) return { size, after: keys as unknown as PageKey };
  } catch {
    // Not a token of ours: the same answer as for one of another list.
  }
  throw new Failure(Reason.INVALID_PAGE_TOKEN);
}

/**
 * Cuts one item more than asked for down to the page, and makes the token for the next one.
 * `items` are at most `page.size + 1`, as the store found them.
 */
export function cutPage<Item>(
  items: readonly Item[],
  page: Page,
  list: string,
  key: (item: Item) => PageKey,
): { items: Item[]; nextPageToken: string } {
  const kept = items.slice(0, page.size);
  const last = kept.at(-1);
  if (items.length <= page.size || last === undefined) return { items: kept, nextPageToken: "" };
  return { items: kept, nextPageToken: pageToken(list, key(last)) };
}

/** The token with which this list goes on after the item with these sort keys. */
export function pageToken(list: string, key: PageKey): string {
  return Buffer.from(JSON.stringify([list, ...key])).toString("base64url");
}
