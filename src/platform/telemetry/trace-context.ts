import { limits } from "../limits.ts";

/** Where in which trace something happens, as W3C's Trace Context has it. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly isSampled: boolean;
  /** What other systems keep along, passed on as it came. */
  readonly state?: string | undefined;
}

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const zeros = /^0+$/;

/** Reads the headers `traceparent` and `tracestate`. Undefined for what is missing or not in their form. */
export function readTraceContext(parent: string | undefined, state?: string | undefined): TraceContext | undefined {
  const [, version, traceId = "", spanId = "", flags = "", rest] = (parent && form.exec(parent)) || [];
  if (version === undefined || version === "ff" || (version === "00" && rest !== undefined)) return undefined;
  if (zeros.test(traceId) || zeros.test(spanId)) return undefined;
  const isKept = state !== undefined && state.length <= limits.telemetry.traceStateChars;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1, state: isKept ? state : undefined };
}

/** The header `traceparent` for whoever is called next. */
export function traceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
}
