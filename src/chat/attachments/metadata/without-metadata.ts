import { walkJpeg } from "./jpeg.ts";
import { walkPng } from "./png.ts";
import { walkWebp } from "./webp.ts";
import { FileWindow, type Walk } from "./window.ts";

const walks: Readonly<Record<string, Walk>> = {
  "image/jpeg": walkJpeg,
  "image/png": walkPng,
  "image/apng": walkPng,
  "image/webp": walkWebp,
};

/**
 * The bytes of a picture without what was written about it, such as where it was taken; what is seen of it stays bit for
 * bit as it was. Undefined for what is no such picture, and for one of which nothing is left out.
 */
export async function withoutMetadata(
  path: string,
  contentType: string,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const walk = walks[contentType];
  if (walk === undefined || (await isClean(path, walk))) return undefined;
  return bytesOf(path, walk);
}

/** Whether the parts are the file, from its beginning to its end. */
async function isClean(path: string, walk: Walk): Promise<boolean> {
  await using file = await FileWindow.open(path);
  let at = 0;
  for await (const part of walk(file)) {
    if (part instanceof Uint8Array) {
      if (!(await file.read(at, part.length)).equals(part)) return false;
      at += part.length;
    } else {
      if (part.from !== at) return false;
      at = part.to;
    }
  }
  return at === file.size;
}

async function* bytesOf(path: string, walk: Walk): AsyncIterable<Uint8Array> {
  await using file = await FileWindow.open(path);
  for await (const part of walk(file)) {
    if (part instanceof Uint8Array) yield part;
    else yield* file.pieces(part.from, part.to);
  }
}
