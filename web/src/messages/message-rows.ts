import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { dateOf, dayOf } from "../text/times.ts";

/** What the log shows, from top to bottom. */
export type Row =
  | { readonly kind: "day"; readonly key: string; readonly date: Date }
  | { readonly kind: "unread"; readonly key: string }
  /** `opensGroup`: shown with its sender; those of the same sender that follow soon are not. */
  | { readonly kind: "message"; readonly key: string; readonly message: Message; readonly opensGroup: boolean };

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
 */
export function rowsOf(messages: readonly Message[], unreadAfter: bigint | undefined, me: string): Row[] {
  const rows: Row[] = [];
  let last: { senderId: string; replyTo: string | undefined; at: number; day: number } | undefined;
  let hasLine = unreadAfter === undefined;
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
    rows.push({ kind: "message", key: message.id, message, opensGroup: !continues });
    last = { senderId: message.senderId, replyTo: message.replyTo, at, day };
  }
  return rows;
}
