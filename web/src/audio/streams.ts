import { computed, signal } from "@preact/signals";
import { type Stream, StreamSort } from "#gen/veza/stream/v1/stream_pb.ts";
import type { CreateStreamRequest } from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { Clients } from "../app/clients.ts";
import { isOnAir } from "../text/streams.ts";

export type Streams = ReturnType<typeof createStreams>;

/** What sources need to send to a stream. Told once: kept until the page is left. */
export interface StreamKey {
  readonly key: string;
  readonly ingestUrls: readonly string[];
}

/** How often it is asked what is on air, while somebody looks. */
const LOOK_EVERY_MS = 15_000;

/** The streams that the person sees: those on air, their own, and those they have opened. */
export function createStreams({ stream: client }: Clients, closing: AbortSignal) {
  const known = signal<ReadonlyMap<string, Stream>>(new Map());
  const liveIds = signal<readonly string[] | undefined>(undefined);
  const ownIds = signal<readonly string[] | undefined>(undefined);
  const sort = signal<StreamSort>(StreamSort.LISTENERS);
  const liveCount = signal(0);
  const keys = signal<ReadonlyMap<string, StreamKey>>(new Map());

  const all = (ids: readonly string[] | undefined) =>
    ids?.flatMap((id) => {
      const stream = known.value.get(id);
      return stream === undefined ? [] : [stream];
    });

  function put(...streams: (Stream | undefined)[]): void {
    const next = new Map(known.peek());
    for (const stream of streams) if (stream !== undefined) next.set(stream.id, stream);
    known.value = next;
  }

  async function loadLive(): Promise<void> {
    const page = await client.listActiveStreams({ sortBy: sort.peek(), pageSize: 100 });
    put(...page.streams);
    liveIds.value = page.streams.map(({ id }) => id);
    liveCount.value = page.totalSize;
  }

  async function loadOwn(): Promise<void> {
    const page = await client.listMyStreams({ pageSize: 100 });
    put(...page.streams);
    ownIds.value = page.streams.map(({ id }) => id);
  }

  // The console is of use without knowing what is on air: what cannot be read is read the next time.
  const look = () => {
    if (document.visibilityState === "visible") loadLive().catch(() => {});
  };
  look();
  const looking = setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", look);
  closing.addEventListener("abort", () => {
    clearInterval(looking);
    document.removeEventListener("visibilitychange", look);
  });

  return {
    /** Undefined until it has been read. Those that went off air since are left out. */
    live: computed(() => all(liveIds.value)?.filter(isOnAir)),
    liveCount,
    own: computed(() => all(ownIds.value)),
    sort,
    get: (streamId: string): Stream | undefined => known.value.get(streamId),
    keyOf: (streamId: string): StreamKey | undefined => keys.value.get(streamId),
    put,
    loadLive,
    loadOwn,

    async refresh(streamId: string): Promise<void> {
      put((await client.getStreamInfo({ streamId })).stream);
    },

    async create(
      wish: Pick<CreateStreamRequest, "title" | "description" | "category" | "visibility" | "requestId">,
    ): Promise<Stream> {
      const { stream, streamKey, ingestUrls } = await client.createStream(wish);
      if (stream === undefined) throw new Error("the service sent no stream");
      put(stream);
      ownIds.value = [stream.id, ...(ownIds.peek() ?? []).filter((id) => id !== stream.id)];
      if (streamKey !== "") keys.value = new Map(keys.peek()).set(stream.id, { key: streamKey, ingestUrls });
      return stream;
    },

    async rotateKey(streamId: string): Promise<void> {
      const { streamKey, ingestUrls } = await client.rotateStreamKey({ streamId });
      keys.value = new Map(keys.peek()).set(streamId, { key: streamKey, ingestUrls });
    },

    async delete(streamId: string): Promise<void> {
      await client.deleteStream({ streamId });
      ownIds.value = ownIds.peek()?.filter((id) => id !== streamId);
      known.value = new Map([...known.peek()].filter(([id]) => id !== streamId));
    },
  };
}
