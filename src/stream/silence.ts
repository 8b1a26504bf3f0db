import type { Sound } from "./live-port.ts";

/** What a stream without a source sounds like. */
export const silence: Sound = { hasSource: false, available: [], best: undefined };
