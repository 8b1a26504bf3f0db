import { bounds } from "../bounds.ts";
import type { SourceTitle } from "../source.ts";

const text = new TextDecoder();
const magic = "OpusTags";

export const isOpusTags = (data: Uint8Array): boolean => text.decode(data.subarray(0, 8)) === magic;

/** The title in OpusTags (RFC 7845 §5.2); empty when it says none. What is cut off in the middle is read as far as it goes. */
export function readOpusTags(data: Uint8Array): SourceTitle {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 8;
  const next = (): Uint8Array | undefined => {
    if (at + 4 > data.length) return undefined;
    const size = view.getUint32(at, true);
    const field = data.subarray(at + 4, at + 4 + size);
    at += 4 + size;
    return field.length === size ? field : undefined;
  };
  if (next() === undefined || at + 4 > data.length) return {};
  const count = view.getUint32(at, true);
  at += 4;
  const fields: Record<string, string> = {};
  for (let read = 0; read < count; read += 1) {
    const field = next();
    if (field === undefined) break;
    const equals = field.subarray(0, 32).indexOf(0x3d);
    if (equals > 0)
      fields[text.decode(field.subarray(0, equals)).toLowerCase()] ??= text.decode(field.subarray(equals + 1));
  }
  return titleOf(fields);
}

/** Of fields by their names in lower case: those that a title has, cut to the length that it may have. */
export function titleOf(fields: Readonly<Record<string, string>>): SourceTitle {
  const title: Record<string, string> = {};
  for (const name of ["title", "artist", "album", "genre"]) {
    const value = fields[name]?.trim().slice(0, bounds.titleLength);
    if (value) title[name] = value;
  }
  return title;
}

/** Of a stream that is made here, and therefore has no title in its file: titles change while it plays. */
export function writeOpusTags(): Uint8Array {
  const vendor = new TextEncoder().encode("veza");
  const tags = new Uint8Array(8 + 4 + vendor.length + 4);
  tags.set(new TextEncoder().encode(magic));
  new DataView(tags.buffer).setUint32(8, vendor.length, true);
  tags.set(vendor, 12);
  return tags;
}
