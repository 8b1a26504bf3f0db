import { concealment, readPacket, writePacket } from "./opus/toc.ts";
import { gridSamples } from "./packet.ts";
import type { SourceUnit } from "./source.ts";

/** Brings Opus packets of any length onto the grid, without decoding: frames are taken apart and put together. */
export interface OpusGrid {
  /**
   * The packets of 20 ms that are complete with this one. Undefined when its frames are longer than that, or do not go
   * together with those before: then only decoding helps.
   */
  push(data: Uint8Array): Uint8Array[] | undefined;
  /** How much of a packet is begun, in samples. */
  readonly begun: number;
}

export function createOpusGrid(): OpusGrid {
  let toc = 0;
  let open: Uint8Array[] = [];
  let begun = 0;
  return {
    get begun() {
      return begun;
    },
    push(data) {
      const packet = readPacket(data);
      if (packet === undefined || gridSamples % packet.frameSamples !== 0) return undefined;
      if (open.length === 0 && packet.frames.length * packet.frameSamples === gridSamples) return [data];
      if (open.length > 0 && packet.toc !== toc) return undefined;
      toc = packet.toc;
      const complete: Uint8Array[] = [];
      for (const frame of packet.frames) {
        open.push(frame);
        begun += packet.frameSamples;
        if (begun < gridSamples) continue;
        complete.push(writePacket(toc, open));
        open = [];
        begun = 0;
      }
      return complete;
    },
  };
}

/** Sound that is missing in an Opus source, as units for which the decoder makes it up. Parts of 20 ms are rounded. */
export function concealed(unit: SourceUnit): SourceUnit[] {
  const data = concealment(unit.data[0] ?? 0);
  return Array.from({ length: Math.round(unit.lost / gridSamples) }, () => ({ data, samples: gridSamples, lost: 0 }));
}
