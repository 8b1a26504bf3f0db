import { useEffect, useState } from "preact/hooks";
import { type Problem, problemOf } from "../../../src/client/index.ts";

export interface Pages<Item> {
  /** Undefined until the first page is there. */
  readonly items: readonly Item[] | undefined;
  readonly problem: Problem | undefined;
  readonly hasMore: boolean;
  readonly isBusy: boolean;
  more(): void;
  /** Changes what is shown, after something was done to it. */
  change(change: (items: readonly Item[]) => readonly Item[]): void;
}

type ReadPage<Item> = (pageToken: string) => Promise<{ items: readonly Item[]; nextPageToken: string }>;

/** A list that is read page by page. */
export function usePages<Item>(read: ReadPage<Item>, about: readonly unknown[]): Pages<Item> {
  const [items, setItems] = useState<readonly Item[]>();
  const [problem, setProblem] = useState<Problem>();
  const [next, setNext] = useState("");
  const [isBusy, setBusy] = useState(false);

  async function load(pageToken: string, isWanted: () => boolean = () => true): Promise<void> {
    setBusy(true);
    try {
      const page = await read(pageToken);
      if (!isWanted()) return;
      setItems((before) => [...(pageToken === "" ? [] : (before ?? [])), ...page.items]);
      setNext(page.nextPageToken);
      setProblem(undefined);
    } catch (thrown) {
      if (isWanted()) setProblem(problemOf(thrown));
    } finally {
      setBusy(false);
    }
  }

  useEffect(() => {
    let isShown = true;
    setItems(undefined);
    void load("", () => isShown);
    return () => {
      isShown = false;
    };
  }, about);

  return {
    items,
    problem,
    hasMore: next !== "",
    isBusy,
    more: () => void load(next),
    change: (change) => setItems((before) => before && change(before)),
  };
}
