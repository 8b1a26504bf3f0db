import type { Queries } from "../platform/database/database.ts";
import type { RoomId, UserId } from "../platform/ids.ts";
import { limits } from "../platform/limits.ts";
import { nameKey } from "../platform/name-key.ts";
import { mentionedNames } from "./mentioned-names.ts";
import type { MemberStore } from "./store/member-store.ts";
import type { Mentioned } from "./store/message-store.ts";
import type { ChatTables } from "./tables.ts";

/** What is said, where and by whom. */
export interface Said {
  readonly roomId: RoomId;
  readonly senderId: UserId;
  readonly content: string;
  /** Whom it mentioned before it was edited: who has left since is mentioned as long as the name stands there. */
  readonly mentions?: readonly Mentioned[];
}

/** The members whom a text mentions by `@name`, in the order in which it names them. Nobody mentions themselves. */
export async function findMentioned(
  queries: Queries<ChatTables>,
  members: MemberStore,
  { roomId, senderId, content, mentions = [] }: Said,
): Promise<Mentioned[]> {
  const names = mentionedNames(content, limits.chat.mentionsPerMessage);
  if (names.length === 0) return [];
  const known = new Map<string, Mentioned>();
  for (const each of mentions) known.set(nameKey(each.username), each);
  for (const { userId, username } of await members.named(queries, roomId, names.flat())) {
    known.set(nameKey(username), { userId, username });
  }
  const found = new Map<UserId, Mentioned>();
  for (const keys of names) {
    const key = keys.find((each) => known.has(each));
    const mentioned = key === undefined ? undefined : known.get(key);
    if (mentioned !== undefined && mentioned.userId !== senderId) found.set(mentioned.userId, mentioned);
  }
  return [...found.values()];
}
