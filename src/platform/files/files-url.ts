import type { S3Bucket } from "./s3-files.ts";

/** Where files are kept: a directory that every instance sees, or a bucket. */
export type FilesPlace = { readonly directory: string } | { readonly bucket: S3Bucket };

const expected = "has to be a directory, or s3://KEY:SECRET@host:port/bucket?region=us-east-1&tls=on";

/** Reads `VEZA_FILES_URL`. Throws with a sentence for what cannot be read. */
export function readFilesUrl(text: string): FilesPlace {
  if (!/^[a-z0-9+]+:\/\//i.test(text)) return { directory: text };
  const url = URL.parse(text);
  const bucket = /^\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/?$/.exec(url?.pathname ?? "")?.[1];
  const tls = url?.searchParams.get("tls") ?? "on";
  const isRight = url?.protocol === "s3:" && url.username !== "" && url.password !== "" && /^(on|off)$/.test(tls);
  if (!isRight || url === null || bucket === undefined) throw new Error(expected);
  return {
    bucket: {
      url: `${tls === "on" ? "https" : "http"}://${url.host}/${bucket}`,
      region: url.searchParams.get("region") ?? "us-east-1",
      accessKeyId: decodeURIComponent(url.username),
      secretAccessKey: decodeURIComponent(url.password),
    },
  };
}
