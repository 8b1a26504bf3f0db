import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Clients } from "../app/clients.ts";
import type { People } from "../members/people.ts";
import { type Candidate, startingWith } from "./suggest.ts";

const PAGE = 200;
/** Of a room with more members, those who joined first. */
const MOST_READ = 5_000;
/** So many whose name begins as it was written are enough to choose from. */
const ENOUGH = 8;

/** Whom one may mean in a room, as far as it is known. */
export interface Candidates {
  readonly list: ReadonlySignal<readonly Candidate[]>;
  /** Reads on until enough names begin with these words, or none is left. */
  seek(words: string, signal: AbortSignal): Promise<void>;
}

export type AllCandidates = ReturnType<typeof createCandidates>;

/** Names of members, read page by page while somebody looks for one. */
export function createCandidates({ chat }: Pick<Clients, "chat">, people: People) {
  const known = new Map<string, Candidates>();

  function open(roomId: string): Candidates {
    const read = signal<readonly Candidate[]>([]);
    /** Where to go on; undefined once all are read. */
    let next: string | undefined = "";
    // Who joins while one looks is told of to those who know the members.
    const members = computed(() => people.known(roomId)?.members.value ?? []);
    const list = computed(() => {
      const all = new Map([...members.value, ...read.value].map(({ userId, username }) => [userId, username]));
      return [...all].map(([userId, username]) => ({ userId, username }));
    });
    const isEnough = (words: string) => startingWith(list.peek(), words).length >= ENOUGH;

    return {
      list,
      async seek(words, signal) {
        while (next !== undefined && !isEnough(words) && read.peek().length < MOST_READ) {
          const pageToken = next;
          const page = await chat.listMembers({ roomId, pageSize: PAGE, pageToken }, { signal });
          // Somebody else may have read the same page.
          if (next !== pageToken) continue;
          read.value = [...read.peek(), ...page.members.map(({ userId, username }) => ({ userId, username }))];
          next = page.nextPageToken || undefined;
        }
      },
    };
  }

  return {
    in(roomId: string): Candidates {
      const found = known.get(roomId) ?? open(roomId);
      known.set(roomId, found);
      return found;
    },
  };
}
