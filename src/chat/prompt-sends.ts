import { createLru } from "../platform/access/lru.ts";
import type { Clock } from "../platform/clock.ts";
import { Failure } from "../platform/failure.ts";
import type { RoomId, UserId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import type { Request } from "../platform/requests/requests.ts";
import type { Caller } from "./access.ts";
import { accessOf, type RoomAccess } from "./access.ts";
import { type ChatWrites, numbered } from "./events/event-log.ts";
import { numberedBody } from "./events/numbered-body.ts";
import { draftOf, type NewMessage, sending } from "./message-changes.ts";
import type { ShowMessage } from "./message-view.ts";
import type { StoredMessage } from "./store/message-store.ts";
import type { MarkedFacts, Postings } from "./store/postings.ts";

/** How often facts may turn out to be others before a message takes the long way. */
const attempts = 3;

/** Sends plain messages in one question to the store, where the store can. */
export interface PromptSends {
  /**
   * Decides by what is known of the sender and the room, and has the store post the message if that still holds.
   * `mayPost` throws when the message may not be posted. Undefined when it takes the long way, which decides for good.
   */
  send(
    caller: Caller & NewMessage["sender"],
    message: Omit<NewMessage, "at" | "sender">,
    request: Request,
    mayPost: (access: RoomAccess, at: number) => void,
  ): Promise<StoredMessage | undefined>;
}

export function createPromptSends(needs: {
  postings: Postings;
  writes: ChatWrites;
  clock: Clock;
  show: ShowMessage;
}): PromptSends {
  const { postings, writes, clock, show } = needs;
  const known = createLru<string, MarkedFacts>(limits.chat.sendersKnown);
  /** The last numbers that were heard of: events are made to fit the next one. */
  const heads = createLru<RoomId, number>(limits.chat.sendersKnown);

  async function look(key: string, userId: UserId, roomId: RoomId): Promise<MarkedFacts | undefined> {
    return known.get(key) ?? remember(key, roomId, await postings.marked(userId, roomId));
  }

  function remember(key: string, roomId: RoomId, marked: MarkedFacts | undefined): MarkedFacts | undefined {
    if (marked === undefined) known.delete(key);
    else {
      known.set(key, marked);
      heads.set(roomId, marked.head);
    }
    return marked;
  }

  return {
    async send(caller, message, request, mayPost) {
      const { roomId } = message;
      const key = `${caller.userId}/${roomId}`;
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const marked = await look(key, caller.userId, roomId);
        const at = clock.now();
        if (marked === undefined || !isAllowed(() => mayPost(accessOf(marked.facts, caller, at), at))) return undefined;

        const draft = draftOf({ ...message, sender: caller, at }, []);
        const event = sending(show, draft);
        const body = numberedBody((heads.get(roomId) ?? 0) + 1, (number) => numbered(event, number).body);
        const posted = await postings.post({ message: draft, event: body, mark: marked.mark, request });
        switch (posted.outcome) {
          case "posted": {
            heads.set(roomId, posted.sequence);
            writes.appended(numbered(event, posted.sequence));
            return { ...draft, sequence: posted.sequence, ordinal: posted.ordinal };
          }
          case "changed":
            remember(key, roomId, posted.marked);
            break;
          case "misfit":
            heads.set(roomId, posted.head);
            break;
          case "unclear":
            return undefined;
        }
      }
      return undefined;
    },
  };
}

function isAllowed(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}
