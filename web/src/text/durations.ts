import { type Duration, durationMs } from "@bufbuild/protobuf/wkt";

/** 4:05, or 1:02:09: as players write it. */
export function playingTime(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.round(seconds)) : 0;
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = String(rest).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}

export function secondsOf(duration: Duration | undefined): number {
  return duration === undefined ? 0 : durationMs(duration) / 1000;
}

/** 3 h 12 min, 4 min, 20 s: how long something took, in words. */
export function longTime(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours === 0 ? `${minutes} min` : `${hours} h ${minutes} min`;
}
