import type { HourlyActivity } from "#gen/veza/stream/v1/analytics_pb.ts";
import { longTime, secondsOf } from "../text/durations.ts";
import { dateOf } from "../text/times.ts";
import type { Bar } from "../ui/bar-plot.tsx";

const hourText = new Intl.DateTimeFormat(undefined, { hour: "numeric" });
const dayText = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

/** How far back one looks, and in which steps. */
export const SPANS = {
  day: { step: "hour", count: 24, nameEvery: 4, title: "Listening in each of the last 24 hours" },
  month: { step: "day", count: 30, nameEvery: 5, title: "Listening on each of the last 30 days" },
} as const;

export type Span = keyof typeof SPANS;

/** When a span begins, in the reader's own days. */
export function beginOf(span: Span, now: Date): Date {
  return stepsBack(span, now, SPANS[span].count - 1);
}

/** A bar for each hour or day of a span, those without listeners too. */
export function listeningBars(span: Span, activity: readonly HourlyActivity[], now: Date): Bar[] {
  const { count, step } = SPANS[span];
  const begins = Array.from({ length: count }, (_, index) => stepsBack(span, now, count - 1 - index));
  const seconds = begins.map(() => 0);
  for (const { hourAt, listenTime } of activity) {
    const at = dateOf(hourAt);
    const index = begins.findLastIndex((begin) => begin <= at);
    if (index >= 0) seconds[index] = (seconds[index] as number) + secondsOf(listenTime);
  }
  return begins.map((begin, index) => ({
    key: begin.getTime(),
    value: seconds[index] as number,
    label: (step === "hour" ? hourText : dayText).format(begin),
    text: longTime(seconds[index] as number),
  }));
}

/** The beginning of an hour or a day so many before. By the calendar: not every day has 24 hours. */
function stepsBack(span: Span, now: Date, steps: number): Date {
  return span === "day"
    ? new Date(now.getFullYear(), now.getMonth(), now.getDate(), now.getHours() - steps)
    : new Date(now.getFullYear(), now.getMonth(), now.getDate() - steps);
}
