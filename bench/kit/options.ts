import { parseArgs } from "node:util";

/** How long and how often a bench measures. `--quick` is for a look; figures worth keeping come without it. */
export interface Options {
  readonly quick: boolean;
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmMs: number;
  /** Only contenders whose name contains this, to profile one. */
  readonly only: string | undefined;
}

export function readOptions(): Options {
  const { values } = parseArgs({
    options: { quick: { type: "boolean", default: false }, only: { type: "string" } },
  });
  return values.quick
    ? { quick: true, rounds: 2, roundMs: 700, warmMs: 700, only: values.only }
    : { quick: false, rounds: 5, roundMs: 3000, warmMs: 3000, only: values.only };
}
