import { crc32 } from "node:zlib";
import { exifOf, orientationIn } from "./orientation.ts";
import type { FileWindow, Part } from "./window.ts";

const signatureBytes = 8;
/** Length, type and checksum. */
const aroundBytes = 12;
/** More Exif than this says nothing of which way up. */
const exifBytes = 32 * 1024;

/** Of the chunks that a reader may ignore, those that decide how the picture looks and moves. */
const kept = new Set(
  "tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV mDCv cLLI cLLi bKGD hIST pHYs sPLT acTL fcTL fdAT".split(" "),
);
const isCritical = (type: string) => /^[A-Z]/.test(type);

/** A PNG without texts, times, Exif but which way up it is, and whatever else does not decide how it looks. */
export async function* walkPng(file: FileWindow): AsyncIterable<Part> {
  yield { from: 0, to: signatureBytes };
  for (let at = signatureBytes; at + aroundBytes <= file.size; ) {
    const head = await file.read(at, 8);
    const length = head.readUInt32BE(0);
    const type = head.toString("latin1", 4, 8);
    const end = at + aroundBytes + length;
    if (isCritical(type) || kept.has(type)) yield { from: at, to: Math.min(end, file.size) };
    else if (type === "eXIf") {
      const exif = exifOf(orientationIn(await file.read(at + 8, Math.min(length, exifBytes))));
      if (exif !== undefined) yield chunk("eXIf", exif);
    }
    if (type === "IEND") return;
    at = end;
  }
}

function chunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const around = Buffer.alloc(8);
  around.writeUInt32BE(content.length, 0);
  around.writeUInt32BE(crc32(typed), 4);
  return Buffer.concat([around.subarray(0, 4), typed, around.subarray(4)]);
}
