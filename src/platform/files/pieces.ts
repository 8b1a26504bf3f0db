import type { FileHandle } from "node:fs/promises";
import { limits } from "../limits.ts";

/** The bytes of a file from one place to another, both included, at the pace they are asked for. Throws when it is shorter. */
export async function* piecesOf(file: FileHandle, from: number, to: number): AsyncIterable<Uint8Array> {
  for (let at = from; at <= to; ) {
    const length = Math.min(limits.files.pieceBytes, to - at + 1);
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
    if (bytesRead === 0) throw new Error("a file became shorter while it was read");
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
