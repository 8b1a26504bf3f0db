import { limits } from "../../platform/limits.ts";
import type { Rendition } from "../live-port.ts";

/** What a listener's player says of its buffer. */
export interface PlaybackReport {
  readonly bufferedMs: number;
  /** How often there was nothing to play, since the listener joined. */
  readonly underruns: number;
}

/** What is remembered of a listener between reports. Times are steady milliseconds. */
export interface AutoState {
  readonly underruns: number;
  /** Since when the buffer has been well; undefined while it is not. */
  readonly wellSince: number | undefined;
  /** Until when nothing is stepped up again, as the last try failed. */
  readonly notUpBefore: number;
}

export const autoStart: AutoState = { underruns: 0, wellSince: undefined, notUpBefore: 0 };

/**
 * AUTO: down a step at once when the player ran dry, up a step after a long good time. Whoever runs dry right after a
 * step up waits longer for the next one.
 */
export function autoQuality(
  state: AutoState,
  report: PlaybackReport,
  current: Rendition,
  available: readonly Rendition[],
  now: number,
): { state: AutoState; quality: Rendition } {
  const at = available.indexOf(current);
  if (report.underruns > state.underruns) {
    const lower = available[Math.max(0, at - 1)] ?? current;
    return {
      state: { underruns: report.underruns, wellSince: undefined, notUpBefore: now + limits.live.autoHoldMs },
      quality: lower,
    };
  }
  const isWell = report.bufferedMs >= limits.live.healthyBufferMs;
  const wellSince = isWell ? (state.wellSince ?? now) : undefined;
  const higher = available[at + 1];
  const mayRise =
    at !== -1 && wellSince !== undefined && now - wellSince >= limits.live.autoRiseMs && now >= state.notUpBefore;
  return {
    state: {
      underruns: report.underruns,
      wellSince: mayRise ? now : wellSince,
      notUpBefore: state.notUpBefore,
    },
    quality: mayRise && higher !== undefined ? higher : current,
  };
}
