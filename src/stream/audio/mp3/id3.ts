import { titleOf } from "../opus/tags.ts";
import type { SourceTitle } from "../source.ts";

export const tagHeadBytes = 10;

/** How long an ID3v2 tag is that begins with these ten bytes, all included; undefined when none does. */
export function tagLength(head: Uint8Array): number | undefined {
  if (head.length < tagHeadBytes || String.fromCharCode(...head.subarray(0, 3)) !== "ID3") return undefined;
  const [major = 0, , flags = 0] = head.subarray(3, 6);
  const sizes = head.subarray(6, 10);
  if (major === 0xff || sizes.some((byte) => byte > 0x7f)) return undefined;
  return tagHeadBytes + synchsafe(sizes) + (flags & 0x10 ? tagHeadBytes : 0);
}

const synchsafe = (bytes: Uint8Array): number => bytes.reduce((value, byte) => value * 128 + byte, 0);
const plain = (bytes: Uint8Array): number => bytes.reduce((value, byte) => value * 256 + byte, 0);

const names: Readonly<Record<string, string>> = {
  TIT2: "title",
  TPE1: "artist",
  TALB: "album",
  TCON: "genre",
  TT2: "title",
  TP1: "artist",
  TAL: "album",
  TCO: "genre",
};

/** The title in a tag or in the beginning of one. */
export function readTag(tag: Uint8Array): SourceTitle {
  const major = tag[3] ?? 0;
  const short = major === 2;
  const headBytes = short ? 6 : 10;
  const fields: Record<string, string> = {};
  let at = tagHeadBytes;
  if ((tag[5] ?? 0) & 0x40 && !short) at += extendedLength(major, tag.subarray(at, at + 4));
  while (at + headBytes <= tag.length) {
    const name = String.fromCharCode(...tag.subarray(at, at + (short ? 3 : 4)));
    const sizes = tag.subarray(at + (short ? 3 : 4), at + (short ? 6 : 8));
    const size = major === 4 ? synchsafe(sizes) : plain(sizes);
    if (!/^[A-Z0-9]+$/.test(name) || size === 0) break;
    const field = names[name];
    const start = at + headBytes;
    if (field !== undefined && start + size <= tag.length) fields[field] ??= textOf(tag.subarray(start, start + size));
    at = start + size;
  }
  return titleOf(fields);
}

function extendedLength(major: number, sizes: Uint8Array): number {
  return major === 4 ? synchsafe(sizes) : plain(sizes) + 4;
}

/** The first of the texts of a field, whose first byte says how they are written. */
function textOf(field: Uint8Array): string {
  const body = field.subarray(1);
  const [encoding] = field;
  const text =
    encoding === 3
      ? new TextDecoder().decode(body)
      : encoding === 2
        ? new TextDecoder("utf-16be").decode(body)
        : encoding === 1
          ? new TextDecoder(body[0] === 0xfe ? "utf-16be" : "utf-16le").decode(body)
          : Buffer.from(body).toString("latin1");
  return text.split("\0")[0] ?? "";
}
