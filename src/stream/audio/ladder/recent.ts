import type { AudioPacket } from "../packet.ts";

/** The last packets of something, by time. */
export interface Recent {
  add(packet: AudioPacket): void;
  /** Those that play at this time or later. */
  since(pts: number): AudioPacket[];
  clear(): void;
}

export function createRecent(samples: number): Recent {
  let kept: AudioPacket[] = [];
  return {
    add(packet) {
      kept.push(packet);
      // Not each time: taking from the front of a list moves all of it.
      const oldest = kept[0]?.pts ?? 0;
      if (packet.pts - oldest > samples * 1.5) kept = kept.filter(({ pts }) => packet.pts - pts <= samples);
    },
    since: (from) => kept.filter(({ pts, duration }) => pts + duration > from),
    clear() {
      kept = [];
    },
  };
}
