import { longTime } from "../text/durations.ts";

const SECOND_MS = 1_000;
const STEPS_S = [5, 10, 30, 60, 5 * 60, 15 * 60, 60 * 60, 6 * 60 * 60] as const;

/** How long one may be made to wait, in milliseconds; with what holds now, if that is something else. */
export function slowModeOptions(now: number) {
  const steps: number[] = STEPS_S.map((seconds) => seconds * SECOND_MS);
  const all = now === 0 || steps.includes(now) ? steps : [...steps, now].sort((a, b) => a - b);
  return [{ value: 0, label: "Off" }, ...all.map((ms) => ({ value: ms, label: longTime(ms / SECOND_MS) }))];
}
