import { limits } from "../../platform/limits.ts";
import type { OnAirStream } from "../live-port.ts";

/** What is playing, in one line, as players of internet radio show it. */
export function titleLine({ title, metadata }: Pick<OnAirStream, "title" | "metadata">): string {
  const { artist, currentTrack } = metadata;
  if (currentTrack === "") return artist === "" ? title : artist;
  return artist === "" ? currentTrack : `${artist} - ${currentTrack}`;
}

const unchanged = Buffer.from([0]);

/** Titles between the bytes of an MP3 stream, after every `icyMetaBytes` of sound: a length in units of 16, then the text. */
export class IcyTitles {
  #untilNext: number = limits.live.icyMetaBytes;
  #block: Buffer = unchanged;
  #said = "";

  title(line: string): void {
    if (line === this.#said) return;
    this.#said = line;
    // Quotes end the text for simple players; there is no way to escape them.
    const text = Buffer.from(`StreamTitle='${line.replaceAll("'", "’")}';`).subarray(0, 255 * 16);
    this.#block = Buffer.alloc(1 + Math.ceil(text.length / 16) * 16);
    this.#block[0] = (this.#block.length - 1) / 16;
    text.copy(this.#block, 1);
  }

  /** Writes the sound with what has to be said in between. Returns what the last write returned. */
  write(bytes: Uint8Array, out: (bytes: Uint8Array) => boolean): boolean {
    let ready = true;
    let at = 0;
    while (bytes.length - at >= this.#untilNext) {
      const part = bytes.subarray(at, at + this.#untilNext);
      ready = out(Buffer.concat([part, this.#block]));
      this.#block = unchanged;
      at += this.#untilNext;
      this.#untilNext = limits.live.icyMetaBytes;
    }
    if (at < bytes.length) {
      this.#untilNext -= bytes.length - at;
      ready = out(at === 0 ? bytes : bytes.subarray(at));
    }
    return ready;
  }
}
