import { AudioFormatError } from "../errors.ts";
import { readOpusHead } from "../opus/head.ts";
import { titleOf } from "../opus/tags.ts";
import type { SourceTitle } from "../source.ts";
import { type Element, elements, readUint } from "./ebml.ts";
import { id } from "./ids.ts";

const text = new TextDecoder();

export function readInfo(data: Uint8Array): { timestampScale: number; title: SourceTitle } {
  let timestampScale = 1_000_000;
  let title: SourceTitle = {};
  for (const element of elements(data)) {
    if (element.id === id.timestampScale) timestampScale = readUint(element.data) || timestampScale;
    if (element.id === id.segmentTitle) title = titleOf({ title: text.decode(element.data) });
  }
  return { timestampScale, title };
}

export interface Track {
  readonly number: number;
  readonly channels: 1 | 2;
  readonly gain: number;
  /** Whether it is the only one of its file. */
  readonly alone: boolean;
}

/** The first track of Opus. Throws `AudioFormatError` when there is none that can be read. */
export function readTracks(data: Uint8Array): Track {
  const codecs: string[] = [];
  const entries = [...elements(data)].filter((element) => element.id === id.trackEntry);
  for (const entry of entries) {
    const fields = new Map([...elements(entry.data)].map((field) => [field.id, field.data]));
    const codec = text.decode(fields.get(id.codecId));
    if (codec === "A_OPUS" && !fields.has(id.contentEncodings))
      return { ...track(fields), alone: entries.length === 1 };
    codecs.push(codec);
  }
  throw new AudioFormatError("unsupported_codec", `WebM with ${codecs.join(", ").slice(0, 100) || "no track"}`);
}

function track(fields: ReadonlyMap<number, Uint8Array>): Omit<Track, "alone"> {
  const head = readOpusHead(fields.get(id.codecPrivate) ?? new Uint8Array());
  const said = [...elements(fields.get(id.audio) ?? new Uint8Array())].find((field) => field.id === id.channels);
  const channels = head?.channels ?? (said === undefined ? 1 : readUint(said.data));
  if ((head !== undefined && !head.plain) || channels < 1 || channels > 2)
    throw new AudioFormatError("unsupported_channels", `Opus with ${channels} channels`);
  return {
    number: readUint(fields.get(id.trackNumber) ?? new Uint8Array()),
    channels: channels === 1 ? 1 : 2,
    gain: head?.gain ?? 0,
  };
}

export function readTags(data: Uint8Array): SourceTitle {
  const fields: Record<string, string> = {};
  for (const tag of elements(data))
    for (const simple of elements(tag.data)) if (simple.id === id.simpleTag) read(simple, fields);
  return titleOf(fields);
}

function read(simple: Element, fields: Record<string, string>): void {
  const parts = new Map([...elements(simple.data)].map((part) => [part.id, text.decode(part.data)]));
  const name = parts.get(id.tagName)?.toLowerCase();
  const value = parts.get(id.tagString);
  if (name !== undefined && value !== undefined) fields[name] ??= value;
}
