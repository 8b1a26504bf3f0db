import { readdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import type { TestApp } from "./app.ts";
import type { Person } from "./people.ts";

/** What `POST /files` answers. */
export interface UploadAnswer {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly contentType: string;
  readonly width?: number;
  readonly height?: number;
  readonly url: string;
  readonly thumbnail?: string;
}

type Holder = Pick<Person, "accessToken"> | undefined;

const bearerOf = (who: Holder): Record<string, string> =>
  who === undefined ? {} : { authorization: `Bearer ${who.accessToken}` };

/** Sends bytes as the body itself. */
export function postFile(
  app: Pick<TestApp, "gateway">,
  who: Holder,
  body: BodyInit,
  query = "",
  headers = {},
): Promise<Response> {
  return fetch(`${app.gateway}/files${query}`, {
    method: "POST",
    body,
    headers: { ...bearerOf(who), ...headers },
    ...(body instanceof ReadableStream && { duplex: "half" }),
  });
}

/** Sends a file that is taken. */
export async function upload(
  app: Pick<TestApp, "gateway">,
  who: Person,
  bytes: BodyInit,
  name = "a file.txt",
): Promise<UploadAnswer> {
  const response = await postFile(app, who, bytes, `?${new URLSearchParams({ name })}`);
  if (!response.ok) throw new Error(`POST /files answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as UploadAnswer;
}

export function getFile(
  app: Pick<TestApp, "gateway">,
  who: Holder,
  idAndMore: string,
  headers = {},
): Promise<Response> {
  return fetch(`${app.gateway}/files/${idAndMore}`, { headers: { ...bearerOf(who), ...headers } });
}

/** Everything that is kept in the files of an app, by key, what is coming in too. */
export async function keptFiles(app: Pick<TestApp, "dataDir">): Promise<string[]> {
  const folder = join(app.dataDir, "files");
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** A picture of one colour that a camera held on its side took. */
export async function cameraPicture(width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
  const image = sharp({ create: { width, height, channels: 3, background: "teal" } });
  const turned = await image
    .withExif({ IFD0: { Copyright: "secret place" } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  return Uint8Array.from(turned);
}

export async function picture(width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
  return Uint8Array.from(
    await sharp({ create: { width, height, channels: 3, background: "teal" } })
      .png()
      .toBuffer(),
  );
}
