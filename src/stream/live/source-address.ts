import type { StreamId } from "../../platform/ids.ts";
import type { ContainerKind } from "../audio/index.ts";

const uuid = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const livePath = new RegExp(`^/live/(${uuid})$`, "i");

/** The stream of a path like `/live/{stream_id}`, with or without a query; undefined for any other. */
export function streamOfMount(target: string): StreamId | undefined {
  const [path = ""] = target.split("?", 1);
  return livePath.exec(path)?.[1]?.toLowerCase() as StreamId | undefined;
}

/** What sources may say that they send. What it really is, their first bytes tell. */
const types: ReadonlyMap<string, ContainerKind> = new Map<string, ContainerKind>([
  ["", "any"],
  ["application/octet-stream", "any"],
  // What curl says of anything that it is not told about.
  ["application/x-www-form-urlencoded", "any"],
  ["audio/mpeg", "any"],
  ["audio/mp3", "any"],
  ["audio/x-mpeg", "any"],
  ["audio/mpeg3", "any"],
  ["audio/ogg", "ogg"],
  ["audio/opus", "ogg"],
  ["audio/x-ogg", "ogg"],
  ["application/ogg", "ogg"],
  ["application/x-ogg", "ogg"],
  ["audio/webm", "webm"],
  ["video/webm", "webm"],
]);

/** The container that a content type promises; `any` when it says nothing of use; undefined for what is not taken. */
export function containerOf(contentType: string | undefined): ContainerKind | undefined {
  const [type = ""] = (contentType ?? "").split(";", 1);
  return types.get(type.trim().toLowerCase());
}
