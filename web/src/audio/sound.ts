import { type Signal, signal } from "@preact/signals";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import type { Stream } from "#gen/veza/stream/v1/stream_pb.ts";
import workletUrl from "../../../src/client/audio/worklet/processors.ts?worker&url";
import {
  type AudioInput,
  type Broadcasting,
  type BroadcastStatus,
  type Listening,
  type ListenStatus,
  loadAudio,
  webNetwork,
} from "../../../src/client/browser.ts";
import type { Session } from "../../../src/client/index.ts";
import type { Clients } from "../app/clients.ts";
import { broadcastEndSentence, listenEndSentence } from "../text/streams.ts";
import { complain, note } from "../ui/toasts.ts";
import type { Streams } from "./streams.ts";

/** A stream that is heard in this tab. */
export interface Heard {
  readonly streamId: string;
  readonly handle: Listening;
  readonly status: Signal<ListenStatus>;
  /** What is heard. */
  readonly quality: Signal<AudioQuality>;
  /** What was asked for. */
  readonly wanted: Signal<AudioQuality>;
}

/** A stream that this tab broadcasts to. */
export interface Aired {
  readonly streamId: string;
  readonly handle: Broadcasting;
  readonly status: Signal<BroadcastStatus>;
  readonly isMuted: Signal<boolean>;
}

export type Sound = ReturnType<typeof createSound>;
type Audio = Awaited<ReturnType<typeof loadAudio>>;

const VOLUME_KEY = "veza.volume";
const HEARD_KEY = "veza.heard";

/** What is heard and sent in this tab. It goes on while one looks at something else. */
export function createSound(needs: { session: Session; clients: Clients; streams: Streams; closing: AbortSignal }) {
  const { session, clients, streams, closing } = needs;
  const heard = signal<Heard | undefined>(undefined);
  const aired = signal<Aired | undefined>(undefined);
  const volume = signal(readVolume());
  const audio = signal<Audio | undefined>(undefined);
  let loading: Promise<Audio> | undefined;

  /** Loaded ahead of the click that needs it: browsers let sound begin from within a click only. */
  function load(): Promise<Audio> {
    loading ??= loadAudio().then(
      (loaded) => {
        audio.value = loaded;
        return loaded;
      },
      (thrown: unknown) => {
        loading = undefined;
        throw thrown;
      },
    );
    return loading;
  }

  function stopListening(): void {
    remember(undefined);
    heard.peek()?.handle.stop();
    heard.value = undefined;
  }

  function setVolume(next: number): void {
    volume.value = next;
    heard.peek()?.handle.setVolume(next);
    try {
      localStorage.setItem(VOLUME_KEY, String(next));
    } catch {
      // No storage: it holds as long as the page.
    }
  }

  function listenWith({ listen }: Audio, streamId: string, wish: AudioQuality): void {
    heard.peek()?.handle.stop();
    const status = signal<ListenStatus>({ kind: "connecting" });
    const quality = signal(wish);
    const wanted = signal(wish);
    const handle = listen({
      client: clients.stream,
      streamId,
      quality: wish,
      volume: volume.peek(),
      workletUrl: new URL(workletUrl, location.href).href,
      baseUrl: location.origin,
      accessToken: session.accessToken,
      network: webNetwork,
      onStatus: (next) => (status.value = next),
      onQuality: (next) => (quality.value = next),
      onMetadata(metadata) {
        const stream = streams.get(streamId);
        if (stream !== undefined) streams.put({ ...stream, metadata });
      },
      // The streamer's wish is for this stream, not for all that is heard later.
      onVolume: (next) => (volume.value = next),
    });
    const mine: Heard = { streamId, handle, status, quality, wanted };
    heard.value = mine;
    remember({ streamId, quality: wish });
    void handle.over.then((end) => {
      if (heard.peek() !== mine) return;
      heard.value = undefined;
      remember(undefined);
      const sentence = listenEndSentence(end);
      if (sentence !== undefined) note(sentence);
      streams.refresh(streamId).catch(() => {});
    });
  }

  closing.addEventListener("abort", () => {
    heard.peek()?.handle.stop();
    aired.peek()?.handle.stop();
  });

  return {
    heard,
    aired,
    volume,
    audio,
    load,
    setVolume,
    stopListening,

    listen(streamId: string, wish: AudioQuality = AudioQuality.AUTO): void {
      const loaded = audio.peek();
      if (loaded !== undefined) listenWith(loaded, streamId, wish);
      else load().then((late) => listenWith(late, streamId, wish), complain);
    },

    /** Goes on with what was heard before the page was loaded again. */
    resume(streamId: string): void {
      const before = recall();
      if (before?.streamId !== streamId || heard.peek() !== undefined) return;
      load().then((loaded) => {
        if (heard.peek() === undefined && !closing.aborted) listenWith(loaded, streamId, before.quality);
      }, complain);
    },

    async setQuality(next: AudioQuality): Promise<void> {
      const current = heard.peek();
      if (current === undefined) return;
      const before = current.wanted.peek();
      current.wanted.value = next;
      try {
        await current.handle.setQuality(next);
        remember({ streamId: current.streamId, quality: next });
      } catch (thrown) {
        current.wanted.value = before;
        throw thrown;
      }
    },

    /** Takes a stream of the person's on air with this sound. Closes the input when that fails. */
    async broadcast(stream: Stream, input: AudioInput): Promise<void> {
      try {
        const { broadcast } = await load();
        streams.put((await clients.stream.startStream({ streamId: stream.id })).stream);
        const status = signal<BroadcastStatus>({ kind: "starting" });
        const handle = broadcast({
          client: clients.stream,
          streamId: stream.id,
          input,
          workletUrl: new URL(workletUrl, location.href).href,
          network: webNetwork,
          onStatus: (next) => (status.value = next),
        });
        const mine: Aired = { streamId: stream.id, handle, status, isMuted: signal(false) };
        aired.value = mine;
        void handle.over.then((end) => {
          if (aired.peek() === mine) aired.value = undefined;
          const sentence = broadcastEndSentence(end);
          if (sentence !== undefined) note(sentence);
          streams.refresh(stream.id).catch(() => {});
        });
      } catch (thrown) {
        input.close();
        throw thrown;
      }
    },
  };
}

function readVolume(): number {
  try {
    const kept = Number(localStorage.getItem(VOLUME_KEY) ?? "1");
    return kept >= 0 && kept <= 1 ? kept : 1;
  } catch {
    return 1;
  }
}

interface Remembered {
  readonly streamId: string;
  readonly quality: AudioQuality;
}

/** For a page that is loaded again, in this tab. */
function remember(what: Remembered | undefined): void {
  try {
    if (what === undefined) sessionStorage.removeItem(HEARD_KEY);
    else sessionStorage.setItem(HEARD_KEY, JSON.stringify(what));
  } catch {
    // No storage: a page that is loaded again is silent.
  }
}

function recall(): Remembered | undefined {
  try {
    return JSON.parse(sessionStorage.getItem(HEARD_KEY) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}
