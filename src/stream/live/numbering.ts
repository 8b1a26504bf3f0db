import { type AudioPacket, codecOf, gridSamples, type Rendition } from "../audio/index.ts";

/**
 * Numbers and times that go on where they were, whoever makes the sound: listeners do not notice that another ladder does.
 * All of Opus is moved alike, as listeners go from one rendition to another; MP3 is counted in each rendition by itself.
 */
export class Numbering {
  /** What follows the last packet, in each line of numbers. */
  readonly #next = new Map<string, { sequence: number; pts: number }>();
  /** By how much the packets of the present maker are moved. */
  readonly #moves = new Map<string, { sequence: number; pts: number }>();

  /** Another maker begins. */
  restart(): void {
    this.#moves.clear();
  }

  place(rendition: Rendition, packets: readonly AudioPacket[]): readonly AudioPacket[] {
    const first = packets[0];
    const last = packets.at(-1);
    if (first === undefined || last === undefined) return packets;
    const line = codecOf(rendition) === "opus" ? "opus" : rendition;
    const next = this.#next.get(line);
    let move = this.#moves.get(line);
    if (move === undefined) {
      const sequence = next === undefined ? 0 : next.sequence - first.sequence;
      const pts = line === "opus" ? sequence * gridSamples : next === undefined ? 0 : next.pts - first.pts;
      move = { sequence, pts };
      this.#moves.set(line, move);
    }
    const { sequence, pts } = move;
    const end = last.sequence + sequence + 1;
    if (next === undefined || end > next.sequence) {
      this.#next.set(line, { sequence: end, pts: last.pts + pts + last.duration });
    }
    if (sequence === 0 && pts === 0) return packets;
    return packets.map((packet) => ({ ...packet, sequence: packet.sequence + sequence, pts: packet.pts + pts }));
  }
}
