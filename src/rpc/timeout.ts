import { type ContextKey, createContextKey } from "@connectrpc/connect";

/** The time that the caller gives a call, and how to end its work. */
export interface Timeout {
  /** Undefined when the caller named none. */
  readonly ms: number | undefined;
  /** Aborts the call's signal. */
  abort(reason: unknown): void;
}

export const timeoutKey: ContextKey<Timeout> = createContextKey<Timeout>(
  { ms: undefined, abort: () => undefined },
  { description: "timeout" },
);
