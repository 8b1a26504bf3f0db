import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { dateOf, dayOf } from "../text/times.ts";

/** What the log shows, from top to bottom. */
export type Row =
  | { readonly kind: "day"; readonly key: string; readonly date: Date }
  | { readonly kind: "unread"; readonly key: string }
  /** `opensGroup`: shown with its sender; those of the same sender that follow soon are not. */
  | {
      readonly kind: "message";
      readonly key: string;
      readonly message: Message;
      readonly opensGroup: boolean;
      /** Whether what it answers is shown above it: not again below another answer to the same. */
      readonly opensQuote: boolean;
    };

/** When a message was said, worked out once: the log looks at all of them whenever one comes. */
interface Moment {
  readonly date: Date;
  readonly at: number;
  readonly day: number;
}

const moments = new WeakMap<Message, Moment>();

function momentOf(message: Message): Moment {
  const known = moments.get(message);
  if (known !== undefined) return known;
  const date = dateOf(message.createdAt);
  const moment = { date, at: date.getTime(), day: dayOf(date) };
  moments.set(message, moment);
  return moment;
}

/** A pause that long begins a new group. */
const GROUP_MS = 5 * 60_000;

/**
 * Sets days, groups and the line above what is unread.
 * @param unreadAfter the number of the last event read before the place was opened; undefined for no line
 * @param hasOlder whether there are messages before these: the first of them may not be the first that is unread
 */
export function rowsOf(
  messages: readonly Message[],
  unreadAfter: bigint | undefined,
  me: string,
  hasOlder = false,
): Row[] {
  const rows: Row[] = [];
  let last: { senderId: string; replyTo: string | undefined; at: number; day: number } | undefined;
  const isBegun = !hasOlder || (messages[0]?.sequence ?? 0n) <= (unreadAfter ?? 0n);
  let hasLine = unreadAfter === undefined || !isBegun;
  for (const message of messages) {
    const { date, at, day } = momentOf(message);
    if (day !== last?.day) rows.push({ kind: "day", key: `day-${day}`, date });
    const isFirstUnread = !hasLine && message.sequence > (unreadAfter as bigint) && message.senderId !== me;
    if (isFirstUnread) {
      rows.push({ kind: "unread", key: "unread" });
      hasLine = true;
    }
    const continues =
      last !== undefined &&
      !isFirstUnread &&
      last.day === day &&
      last.senderId === message.senderId &&
      last.replyTo === message.replyTo &&
      at - last.at < GROUP_MS;
    const opensQuote = message.replyTo !== undefined && (message.replyTo !== last?.replyTo || isFirstUnread);
    rows.push({ kind: "message", key: message.id, message, opensGroup: !continues, opensQuote });
    last = { senderId: message.senderId, replyTo: message.replyTo, at, day };
  }
  return rows;
}
