import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { type Stream, StreamCategory, type StreamMetadata, StreamStatus } from "#gen/veza/stream/v1/stream_pb.ts";
import type { BroadcastEnd, InputProblem, ListenEnd } from "../../../src/client/browser.ts";
import { sentenceOfProblem } from "./sentences.ts";

export const CATEGORIES: readonly { readonly value: StreamCategory; readonly label: string }[] = [
  { value: StreamCategory.MUSIC, label: "Music" },
  { value: StreamCategory.TALK, label: "Talk" },
  { value: StreamCategory.PODCAST, label: "Podcast" },
  { value: StreamCategory.RADIO, label: "Radio" },
  { value: StreamCategory.NEWS, label: "News" },
  { value: StreamCategory.SPORTS, label: "Sports" },
  { value: StreamCategory.EDUCATION, label: "Education" },
  { value: StreamCategory.GAMING, label: "Gaming" },
  { value: StreamCategory.EVENT, label: "Event" },
  { value: StreamCategory.OTHER, label: "Something else" },
];

/** Empty for what is in no category. */
export function categoryText(category: StreamCategory): string {
  if (category === StreamCategory.OTHER) return "";
  return CATEGORIES.find(({ value }) => value === category)?.label ?? "";
}

/** The least first. */
const QUALITIES: readonly { readonly value: AudioQuality; readonly label: string }[] = [
  { value: AudioQuality.LOW, label: "Low, 64 kbit/s" },
  { value: AudioQuality.MEDIUM, label: "Medium, 128 kbit/s" },
  { value: AudioQuality.HIGH, label: "High, 256 kbit/s" },
  { value: AudioQuality.ULTRA, label: "Best, 320 kbit/s" },
];

/** What may be chosen of a stream; all of it while it is not known what the source can be made into. */
export function qualityOptions(available: readonly AudioQuality[]) {
  const there = QUALITIES.filter(({ value }) => available.length === 0 || available.includes(value));
  return [{ value: AudioQuality.AUTO, label: "Auto" }, ...there];
}

export function qualityText(quality: AudioQuality): string {
  return QUALITIES.find(({ value }) => value === quality)?.label ?? "Auto";
}

/** How a stream stands, in a word or two. */
export function statusText({ status, hasSource }: Stream): string {
  switch (status) {
    case StreamStatus.LIVE:
      return hasSource ? "On air" : "Waiting for sound";
    case StreamStatus.PAUSED:
      return "Paused";
    case StreamStatus.ENDED:
      return "Off air";
    case StreamStatus.ERROR:
      return "Failed";
    default:
      return "Not yet on air";
  }
}

export function isOnAir({ status }: Pick<Stream, "status">): boolean {
  return status === StreamStatus.LIVE || status === StreamStatus.PAUSED;
}

/** “Title by artist”, as far as it is known; empty when nothing is. */
export function trackText(metadata: StreamMetadata | undefined): string {
  if (metadata === undefined) return "";
  const { currentTrack, artist } = metadata;
  if (currentTrack === "" || artist === "") return currentTrack || artist;
  return `${currentTrack} by ${artist}`;
}

/** Why one hears nothing any more; undefined when one wanted it so. */
export function listenEndSentence(end: ListenEnd): string | undefined {
  switch (end.kind) {
    case "stopped":
      return undefined;
    case "stream-ended":
      return "The broadcast is over.";
    case "session-ended":
      return "Your session has ended: sign in again to listen.";
    case "access-lost":
      return "This stream is not open to you any more.";
    case "replaced":
      return "You listen to this somewhere else now.";
    case "refused":
      return sentenceOfProblem(end.problem);
  }
}

/** Why one is not heard any more; undefined when one wanted it so. */
export function broadcastEndSentence(end: BroadcastEnd): string | undefined {
  switch (end.kind) {
    case "stopped":
      return undefined;
    case "stream-ended":
      return "The stream was taken off air.";
    case "session-ended":
      return "Your session has ended: sign in again to broadcast.";
    case "input-ended":
      return "There is no more sound: the file is over, or the microphone was unplugged.";
    case "unsupported":
      return "This browser cannot send sound. Use a current one, or another program such as ffmpeg.";
    case "refused":
      return sentenceOfProblem(end.problem);
  }
}

export function inputSentence(problem: InputProblem): string {
  return INPUT_SENTENCES[problem];
}

const INPUT_SENTENCES: Record<InputProblem, string> = {
  denied: "The browser may not use the microphone: allow it in the address bar, then try again.",
  missing: "No microphone was found: plug one in, then try again.",
  busy: "The microphone cannot be used: another program may have it.",
  unplayable: "This file cannot be played: choose an audio file that the browser knows, such as MP3, Ogg or WAV.",
  insecure: "Browsers give microphones only to pages on HTTPS or on this machine itself.",
};
