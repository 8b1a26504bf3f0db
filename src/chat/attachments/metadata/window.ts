import { type FileHandle, open } from "node:fs/promises";
import { limits } from "../../../platform/limits.ts";
import { invalidField } from "../../content.ts";

const { pieceBytes, pictureLooks } = limits.files;

/** A file seen through a window of bounded size, which moves to wherever is looked. */
export class FileWindow implements AsyncDisposable {
  readonly #file: FileHandle;
  /** In bytes. */
  readonly size: number;
  #looks = 0;
  #at = 0;
  #bytes = Buffer.alloc(0);

  private constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.size = size;
  }

  static async open(path: string): Promise<FileWindow> {
    const file = await open(path, "r");
    return new FileWindow(file, (await file.stat()).size);
  }

  /**
   * The bytes from a place on, at most `length` of them, which is no more than 64 KiB; fewer where the file ends. Throws
   * INVALID_FIELD once it was looked at more often than any picture asks for.
   */
  async read(from: number, length: number): Promise<Buffer> {
    if (++this.#looks > pictureLooks) throw invalidField("the picture consists of too many parts");
    const end = Math.min(from + length, this.size);
    if (from < this.#at || end > this.#at + this.#bytes.length) {
      const { buffer, bytesRead } = await this.#file.read(Buffer.alloc(pieceBytes), 0, pieceBytes, from);
      this.#at = from;
      this.#bytes = buffer.subarray(0, bytesRead);
    }
    return this.#bytes.subarray(from - this.#at, Math.max(from, end) - this.#at);
  }

  async *pieces(from: number, to: number): AsyncIterable<Uint8Array> {
    for (let at = from; at < to; ) {
      // A copy: the window moves on while whoever takes it may still hold it.
      const piece = Buffer.from(await this.read(at, Math.min(pieceBytes, to - at)));
      if (piece.length === 0) return;
      yield piece;
      at += piece.length;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file.close();
  }
}

/** What a picture without its metadata consists of: a stretch of the file, or bytes in place of what was there. */
export type Part = { readonly from: number; readonly to: number } | Uint8Array;

/** Goes through a picture's file, and says what is kept of it. */
export type Walk = (file: FileWindow) => AsyncIterable<Part>;
