import { median } from "./statistics.ts";

export type Sample = Readonly<Record<string, number>>;

export interface Contender {
  readonly name: string;
  /** Works for about so many milliseconds and says how it went. */
  round(ms: number): Promise<Sample>;
  /** The rounds that count begin: what was gathered before is to be forgotten. */
  warm?(): void;
}

/**
 * Lets contenders take turns, A B C A B C, so that what else the machine does falls on all of them. The medians of each,
 * by name.
 */
export async function alternate(
  contenders: readonly Contender[],
  { rounds, roundMs, warmMs }: { rounds: number; roundMs: number; warmMs: number },
): Promise<Map<string, Sample>> {
  const samples = new Map<string, Sample[]>(contenders.map(({ name }) => [name, []]));
  for (const contender of contenders) {
    if (warmMs > 0) await contender.round(warmMs);
    contender.warm?.();
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) samples.get(contender.name)?.push(await contender.round(roundMs));
  }
  return new Map([...samples].map(([name, taken]) => [name, medians(taken)]));
}

export function medians(samples: readonly Sample[]): Sample {
  const keys = Object.keys(samples[0] ?? {});
  return Object.fromEntries(keys.map((key) => [key, median(samples.map((sample) => sample[key] as number))]));
}
