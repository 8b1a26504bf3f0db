import type { HttpTryOptions } from "./http-stream.ts";
import { keepTrying, refusalOf } from "./http-stream.ts";
import type { ListenEnd } from "./listen-end.ts";
import type { ListenWay } from "./ways.ts";
import { mediaSourceClass, WEBM_OPUS } from "./ways.ts";

export interface MediaPlayer {
  /** Where the sound comes out; undefined when the element plays by itself. */
  readonly element: HTMLAudioElement;
  readonly bufferedMs: () => number;
  readonly underruns: () => number;
  /** Goes on in the quality that is wanted now. */
  changeQuality(): void;
  readonly over: Promise<ListenEnd>;
}

export interface MediaPlayerOptions extends Omit<HttpTryOptions, "attempt"> {
  readonly way: Exclude<ListenWay, "packets">;
  /** Where the stream is heard in this form, with the quality wanted now and a token if it takes one. */
  url(form: "webm" | "mp3" | "ogg"): Promise<string>;
  /** The browser wants a click first. */
  onBlocked(): void;
}

/** How far behind the newest sound MediaSource plays, and how far it may fall back. Seconds. */
const BEHIND = 0.5;
const TOO_FAR_BEHIND = 2.5;
/** What was played is forgotten after so long. Seconds. */
const KEPT = 20;

/** Plays a stream over HTTP: WebM through MediaSource, or whatever the element itself can. */
export function createMediaPlayer(options: MediaPlayerOptions): MediaPlayer {
  const element = new Audio();
  element.crossOrigin = "anonymous";
  let underruns = 0;
  let hasPlayed = false;
  element.addEventListener("playing", () => {
    hasPlayed = true;
  });
  element.addEventListener("waiting", () => {
    if (hasPlayed) underruns += 1;
  });
  let changing = new AbortController();
  const attempt = options.way === "media-source" ? throughMediaSource(element) : byItself(element);

  const over = keepTrying({
    ...options,
    attempt: async (proved) => {
      for (;;) {
        changing = new AbortController();
        const signal = AbortSignal.any([options.signal, changing.signal]);
        const end = await attempt({ ...options, signal, proved });
        if (!changing.signal.aborted || options.signal.aborted) return end;
      }
    },
  }).finally(() => {
    element.pause();
    element.removeAttribute("src");
    element.load();
  });

  return {
    element,
    bufferedMs: () => bufferedAhead(element) * 1000,
    underruns: () => underruns,
    changeQuality: () => changing.abort(),
    over,
  };
}

interface Attempt extends MediaPlayerOptions {
  readonly signal: AbortSignal;
  proved(): void;
}

function bufferedAhead({ buffered, currentTime }: HTMLAudioElement): number {
  for (let index = 0; index < buffered.length; index += 1) {
    if (buffered.start(index) <= currentTime && currentTime <= buffered.end(index)) {
      return buffered.end(index) - currentTime;
    }
  }
  return 0;
}

function play(element: HTMLAudioElement, onBlocked: () => void): void {
  element.play().catch((thrown: unknown) => {
    if (thrown instanceof DOMException && thrown.name === "NotAllowedError") onBlocked();
  });
}

function throughMediaSource(element: HTMLAudioElement) {
  const Source = mediaSourceClass() as typeof MediaSource;
  const source = new Source();
  const address = URL.createObjectURL(source);
  // Without it a ManagedMediaSource never opens.
  element.disableRemotePlayback = true;
  element.src = address;
  const opened = once(source, "sourceopen").then(() => {
    URL.revokeObjectURL(address);
    return source.addSourceBuffer(WEBM_OPUS);
  });
  let isSwitched = false;

  return async ({ url, signal, proved, onBlocked }: Attempt): Promise<ListenEnd | undefined> => {
    try {
      const buffer = await opened;
      const response = await fetch(await url("webm"), { signal });
      if (!response.ok || response.body === null) return await refusalOf(response);
      // Another quality goes on in the same time; after a cut time may begin anew.
      if (!isSwitched && buffer.buffered.length > 0)
        await done(buffer, () => buffer.remove(0, Number.POSITIVE_INFINITY));
      isSwitched = false;
      for await (const bytes of chunksOf(response.body)) {
        await done(buffer, () => buffer.appendBuffer(bytes));
        if (buffer.buffered.length === 0) continue;
        proved();
        const end = buffer.buffered.end(buffer.buffered.length - 1);
        const lag = end - element.currentTime;
        if (lag > TOO_FAR_BEHIND || lag < 0 || bufferedAhead(element) === 0) {
          element.currentTime = Math.max(buffer.buffered.start(buffer.buffered.length - 1), end - BEHIND);
        }
        if (element.paused) play(element, onBlocked);
        if (element.currentTime - buffer.buffered.start(0) > 2 * KEPT) {
          await done(buffer, () => buffer.remove(0, element.currentTime - KEPT));
        }
      }
    } catch {
      // Cut, or called off: whoever tries again knows which.
    }
    isSwitched = signal.aborted;
    return undefined;
  };
}

/** Not every browser lets a body be iterated. */
async function* chunksOf(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const reader = body.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    yield value;
  }
}

async function done(buffer: SourceBuffer, work: () => void): Promise<void> {
  const finished = once(buffer, "updateend");
  work();
  await finished;
}

function once(target: EventTarget, type: string): Promise<void> {
  return new Promise((resolve) => {
    target.addEventListener(type, () => resolve(), { once: true });
  });
}

function byItself(element: HTMLAudioElement) {
  const form = element.canPlayType("audio/mpeg") === "" ? "ogg" : "mp3";
  return async ({ url, signal, proved, onBlocked }: Attempt): Promise<ListenEnd | undefined> => {
    const events = new AbortController();
    const address = await url(form);
    await new Promise<void>((resolve) => {
      const listening = { signal: events.signal };
      element.addEventListener("playing", proved, listening);
      element.addEventListener("error", () => resolve(), listening);
      element.addEventListener("ended", () => resolve(), listening);
      signal.addEventListener("abort", () => resolve(), listening);
      if (signal.aborted) resolve();
      element.src = address;
      play(element, onBlocked);
    });
    events.abort();
    if (signal.aborted) return undefined;
    // An element that failed does not say why; asked for its head alone, the gateway does.
    const head = await fetch(address, { method: "HEAD" }).catch(() => undefined);
    return head === undefined || head.ok ? undefined : refusalOf(head);
  };
}
