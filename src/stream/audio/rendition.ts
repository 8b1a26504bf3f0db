/** From worst to best. */
export const qualities = ["low", "medium", "high", "ultra"] as const;
export type Quality = (typeof qualities)[number];

/** Bits a second. */
export const bitrates: Readonly<Record<Quality, number>> = {
  low: 64_000,
  medium: 128_000,
  high: 256_000,
  ultra: 320_000,
};

export type Codec = "opus" | "mp3";

/** What can be asked of a ladder. `source` is what the broadcaster sends, untouched. */
export type Rendition = `${Codec}-${Quality | "source"}`;

/** How a rendition comes to be from the source of the moment. */
export type Making = "passthrough" | "encoded" | "unavailable";

export const codecOf = (rendition: Rendition): Codec => (rendition.startsWith("opus-") ? "opus" : "mp3");

/** Undefined for what is as good as the source. */
export function qualityOf(rendition: Rendition): Quality | undefined {
  const name = rendition.slice(rendition.indexOf("-") + 1);
  return qualities.find((quality) => quality === name);
}
