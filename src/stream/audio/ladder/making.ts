import { bitrates, codecOf, type Making, qualityOf, type Rendition } from "../rendition.ts";
import type { SourceSide } from "./source-side.ts";

/** A source that varies may be above a rendition by this much, and still be what it is to be. */
const tolerance = 1.2;
/** For a source whose packets fit no grid: its own rendition has to be encoded, and nobody wants to lose by it. */
const sourceBitrate = 128_000;

/** How a rendition is to be made of a source. */
export function makingOf(rendition: Rendition, source: SourceSide, encoders: boolean): Making {
  const { format } = source;
  if (format === undefined) return "unavailable";
  const quality = qualityOf(rendition);
  const sameCodec = codecOf(rendition) === format.codec;
  const small = quality === undefined || source.meter.greatest <= bitrates[quality] * tolerance;
  if (sameCodec && source.passable && small) return "passthrough";
  if (!encoders || (quality === undefined && !sameCodec)) return "unavailable";
  return "encoded";
}

export function bitrateOf(rendition: Rendition): number {
  const quality = qualityOf(rendition);
  return quality === undefined ? sourceBitrate : bitrates[quality];
}
