import type { AudioPacket } from "../packet.ts";
import { codecOf, type Making, type Rendition } from "../rendition.ts";

/** One rendition of a ladder while it is wanted. */
export interface Rung {
  readonly rendition: Rendition;
  wanted: number;
  making: Making;
  /** The track that makes it in a worker. */
  track: number | undefined;
  /** The track that made it until the source took over at this sequence; what the source brought since then waits in `held`. */
  ending: { readonly track: number; readonly at: number; readonly held: AudioPacket[] } | undefined;
  /** Where what is sent next begins, or later: samples of 48 kHz. */
  end: number;
  /** Sends what comes after what was sent. */
  send(packets: readonly AudioPacket[]): void;
}

export function createRung(
  rendition: Rendition,
  sent: (rendition: Rendition, packets: readonly AudioPacket[]) => void,
): Rung {
  const inOrder = codecOf(rendition) === "opus" ? onGrid : counted();
  const rung: Rung = {
    rendition,
    wanted: 0,
    making: "unavailable",
    track: undefined,
    ending: undefined,
    end: 0,
    send(packets) {
      const ordered = inOrder(packets, rung.end);
      const last = ordered.at(-1);
      if (last === undefined) return;
      rung.end = last.pts + last.duration;
      sent(rendition, ordered);
    },
  };
  return rung;
}

function onGrid(packets: readonly AudioPacket[], end: number): readonly AudioPacket[] {
  return packets.every(({ pts }) => pts >= end) ? packets : packets.filter(({ pts }) => pts >= end);
}

/** MP3 frames come from several encoders and sources, none of which knows of the others: they are numbered here. */
function counted(): typeof onGrid {
  let next = 0;
  return (packets, end) => {
    let from = end;
    return packets.map((packet) => {
      const pts = Math.max(packet.pts, from);
      from = pts + packet.duration;
      return { ...packet, sequence: next++, pts };
    });
  };
}
