import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { bitrates, type Codec, type Rendition as LadderRendition, type Quality } from "../audio/index.ts";
import type { Rendition, Sound, WantedQuality } from "../live-port.ts";
import type { Maker } from "./maker.ts";

/** The qualities of the contract and those of the ladder, from low to high. */
const names: ReadonlyMap<Rendition, Quality> = new Map<Rendition, Quality>([
  [AudioQuality.LOW, "low"],
  [AudioQuality.MEDIUM, "medium"],
  [AudioQuality.HIGH, "high"],
  [AudioQuality.ULTRA, "ultra"],
]);

export const renditions: readonly Rendition[] = [...names.keys()];

export function bitrateOf(quality: Rendition): number {
  return bitrates[names.get(quality) as Quality];
}

export function opusRendition(quality: Rendition): LadderRendition {
  return `opus-${names.get(quality) as Quality}`;
}

export function mp3Rendition(quality: Rendition): LadderRendition {
  return `mp3-${names.get(quality) as Quality}`;
}

/** A quality as in a URL: `low`, `medium`, `high`, `ultra`, `auto`; undefined for any other word. */
export function qualityNamed(name: string): WantedQuality | undefined {
  if (name === "auto") return AudioQuality.AUTO;
  for (const [quality, own] of names) if (own === name) return quality;
  return undefined;
}

/** The lowest quality that loses nothing of a source with so many bits a second; the highest while that is not known. */
export function qualityOfBitrate(bitrate: number): Rendition {
  if (bitrate <= 0) return AudioQuality.ULTRA;
  // What varies around its nominal rate is not taken for more than that.
  return renditions.find((quality) => bitrateOf(quality) * 1.1 >= bitrate) ?? AudioQuality.ULTRA;
}

/** What can be made of the source of the moment. */
export function soundOf(maker: Pick<Maker, "making" | "stats">, hasSource: boolean): Sound {
  if (!hasSource) return { hasSource, available: [], best: undefined };
  const available = renditions.filter((quality) => maker.making(opusRendition(quality)) !== "unavailable");
  const { sourceBitrate } = maker.stats();
  const passed = available.filter((quality) => maker.making(opusRendition(quality)) === "passthrough");
  // Of those that are the source itself, the one that is named after what it has, once that is known.
  const best = (sourceBitrate > 0 ? passed[0] : passed.at(-1)) ?? nearest(qualityOfBitrate(sourceBitrate), available);
  return { hasSource, available, best };
}

/** The one that is nearest to what is wanted: the next lower one rather than the next higher. */
export function nearest(wanted: Rendition, available: readonly Rendition[]): Rendition | undefined {
  return available.findLast((quality) => quality <= wanted) ?? available[0];
}

/** Bits a second as in a header: what a rendition is meant to have; undefined for the source's own. */
export function nominalBitrate(rendition: LadderRendition): number | undefined {
  const [, name] = rendition.split("-") as [Codec, Quality | "source"];
  return name === "source" ? undefined : bitrates[name];
}

/** Everything that a ladder can be asked for. */
export const ladderRenditions: readonly LadderRendition[] = (["opus", "mp3"] as const).flatMap((codec) =>
  (["source", ...names.values()] as const).map((name): LadderRendition => `${codec}-${name}`),
);

/** The quality that a rendition counts for; undefined for the source's own. */
export function qualityOfRendition(rendition: LadderRendition): Rendition | undefined {
  return renditions.find((quality) => rendition === opusRendition(quality) || rendition === mp3Rendition(quality));
}

/** The quality in which somebody hears a sound who wants this one; undefined while there is no source. */
export function heardIn(
  { available, best }: Sound,
  wanted: WantedQuality,
  defaultQuality: WantedQuality,
): Rendition | undefined {
  const asked = wanted === AudioQuality.AUTO ? defaultQuality : wanted;
  return asked === AudioQuality.AUTO ? best : nearest(asked, available);
}
