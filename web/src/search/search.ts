import { batch, signal } from "@preact/signals";
import { type Problem, problemOf } from "../../../src/client/index.ts";
import type { Clients } from "../app/clients.ts";
import type { Messages } from "../messages/apply-event.ts";

const PAGE = 25;

export type Search = ReturnType<typeof createSearch>;

/** What was looked for last, and what was found. It stays while one looks at what was found. */
export function createSearch({ chat }: Pick<Clients, "chat">) {
  const words = signal("");
  /** Only in this room; undefined for all of them. */
  const roomId = signal<string | undefined>(undefined);
  const found = signal<Messages | undefined>(undefined);
  const nextPage = signal("");
  const isBusy = signal(false);
  const problem = signal<Problem | undefined>(undefined);
  let running = new AbortController();

  /** Goes on until a page is full, or there is no more: the service answers before it has looked through everything. */
  async function ask(from: string): Promise<void> {
    running.abort();
    const asking = new AbortController();
    running = asking;
    const query = words.peek().trim();
    if (query === "") {
      batch(() => {
        found.value = undefined;
        nextPage.value = "";
        isBusy.value = false;
        problem.value = undefined;
      });
      return;
    }
    isBusy.value = true;
    try {
      const only = roomId.peek();
      for (let pageToken = from, missing = PAGE; missing > 0; ) {
        const page = await chat.searchMessages(
          { query, pageSize: missing, pageToken, ...(only !== undefined && { roomId: only }) },
          { signal: asking.signal },
        );
        if (asking.signal.aborted) return;
        const before = pageToken === "" ? [] : (found.peek() ?? []);
        pageToken = page.nextPageToken;
        missing = pageToken === "" ? 0 : missing - page.messages.length;
        batch(() => {
          found.value = [...before, ...page.messages];
          nextPage.value = pageToken;
          problem.value = undefined;
        });
      }
    } catch (thrown) {
      if (!asking.signal.aborted) problem.value = problemOf(thrown);
    } finally {
      if (!asking.signal.aborted) isBusy.value = false;
    }
  }

  return {
    words,
    roomId,
    found,
    nextPage,
    isBusy,
    problem,
    /** Looks for the words, from the start. An earlier question that is still open is forgotten. */
    run: () => ask(""),
    /** Goes on behind what was found. */
    more: () => ask(nextPage.peek()),
    /** Looks no further; what was found stays, and `more` goes on from there. */
    stop() {
      running.abort();
      isBusy.value = false;
    },
  };
}
