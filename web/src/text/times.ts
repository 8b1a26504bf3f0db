import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const sameYear = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const anyYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
const short = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

export function dateOf(timestamp: Timestamp | undefined): Date {
  return new Date(timestamp === undefined ? 0 : timestampMs(timestamp));
}

/** 14:05, or 2:05 PM */
export const clockText = (date: Date) => clock.format(date);
/** 14:05, or 2:05: for where there is room for no more. */
export const shortClockText = (date: Date) =>
  clock
    .formatToParts(date)
    .filter(({ type }) => type !== "dayPeriod")
    .map(({ value }) => value)
    .join("")
    .trim();
/** The date and time in full, for titles. */
export const fullText = (date: Date) => full.format(date);
/** The date and time in a line of a list. */
export const shortText = (date: Date) => short.format(date);

/** A number for the calendar day, in the reader's own time zone. */
export function dayOf(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** Today, Yesterday, Tuesday 3 March, 3 March 2021. */
export function dayText(date: Date, now: Date = new Date()): string {
  const days = Math.round((dayOf(date) - dayOf(now)) / 86_400_000);
  if (days === 0 || days === -1) return capitalised(relative.format(days, "day"));
  return date.getFullYear() === now.getFullYear() ? sameYear.format(date) : anyYear.format(date);
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
