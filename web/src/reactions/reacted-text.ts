import type { Reaction } from "#gen/veza/chat/v1/message_pb.ts";

/** More names than that are not read. */
const MOST_NAMED = 12;

/**
 * Who reacted, in words: “You, ben and 3 others”.
 * @param nameOf undefined for who is not known yet; those are counted among the others
 */
export function reactedText(
  { userIds, count }: Pick<Reaction, "userIds" | "count">,
  me: string,
  nameOf: (userId: string) => string | undefined,
): string {
  const others = userIds.filter((userId) => userId !== me);
  const names = [
    ...(others.length < userIds.length ? ["You"] : []),
    ...others.slice(0, MOST_NAMED).flatMap((userId) => nameOf(userId) || []),
  ];
  const rest = count - names.length;
  if (names.length === 0) return `${count} ${count === 1 ? "person" : "people"}`;
  const last = rest > 0 ? `${rest} ${rest === 1 ? "other" : "others"}` : (names.pop() as string);
  return names.length === 0 ? last : `${names.join(", ")} and ${last}`;
}
