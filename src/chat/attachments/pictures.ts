import type { Sharp } from "sharp";
import { Failure, Reason } from "../../platform/failure.ts";
import { limits } from "../../platform/limits.ts";
import type { Log } from "../../platform/log.ts";
import { createWorkPool } from "../../platform/work-pool.ts";

/** What looking at a picture finds. */
export interface Picture {
  /** In pixels, turned as the camera says. */
  readonly width: number;
  readonly height: number;
  /** A small form of it, as WebP, turned upright and without what the camera wrote; absent where there can be none. */
  readonly thumbnail?: Uint8Array;
}

export const thumbnailType = "image/webp";

/** Looks at pictures, in threads that are not this one. */
export interface Pictures {
  /** Undefined for what is no picture that can be looked at. */
  look(path: string, contentType: string): Promise<Picture | undefined>;
}

/** What is decoded, and by which part of the decoder; no other part is let near what strangers send. */
const decoders: Readonly<Record<string, string>> = {
  "image/jpeg": "VipsForeignLoadJpeg",
  "image/png": "VipsForeignLoadPng",
  "image/webp": "VipsForeignLoadWebp",
  "image/gif": "VipsForeignLoadNsgif",
  "image/avif": "VipsForeignLoadHeif",
};

export function createPictures({ log }: { log: Log }): Pictures {
  const { imagePixels, thumbnailPixels, thumbnailQuality, thumbnailMs, thumbnailsAtOnce, thumbnailsWaiting } =
    limits.files;
  const pool = createWorkPool({
    parallel: thumbnailsAtOnce,
    waiting: thumbnailsWaiting,
    tooMany: () =>
      new Failure(Reason.UNAVAILABLE, { sentence: "too many pictures are coming in: try again", retryAfterMs: 5000 }),
  });
  const never = new AbortController().signal;
  let library: Promise<(path: string) => Sharp> | undefined;

  /** Loaded with the first picture: most processes never see one, and it is a large library. */
  async function load() {
    const { default: sharp } = await import("sharp");
    sharp.concurrency(1);
    sharp.cache(false);
    sharp.block({ operation: ["VipsForeignLoad"] });
    sharp.unblock({ operation: Object.values(decoders) });
    return (path: string) => sharp(path, { limitInputPixels: imagePixels, failOn: "error", sequentialRead: true });
  }

  async function thumbnailOf(image: Sharp): Promise<Uint8Array> {
    return image
      .autoOrient()
      .resize(thumbnailPixels, thumbnailPixels, { fit: "inside", withoutEnlargement: true })
      .webp({ quality: thumbnailQuality })
      .timeout({ seconds: Math.ceil(thumbnailMs / 1000) })
      .toBuffer();
  }

  return {
    async look(path, contentType) {
      if (decoders[contentType] === undefined) return undefined;
      library ??= load();
      const open = await library;
      return pool.run(async () => {
        try {
          const { width, height } = (await open(path).metadata()).autoOrient;
          return { width, height, thumbnail: await thumbnailOf(open(path)) };
        } catch (error) {
          // Broken, or of too many pixels: it is kept as a file like any other.
          log.debug({ err: error, content_type: contentType }, "a picture cannot be looked at");
          return undefined;
        }
      }, never);
    },
  };
}
