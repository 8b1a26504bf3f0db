import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { type Client, createClient, createRouterTransport } from "@connectrpc/connect";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import type { StreamEvent } from "#gen/veza/stream/v1/stream_event_pb.ts";
import { type Stream, StreamSchema } from "#gen/veza/stream/v1/stream_pb.ts";
import { type CreateStreamRequestSchema, StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { createChat } from "#src/chat/index.ts";
import { createPlatform } from "#src/compose/platform.ts";
import type { AccountRole, Principal } from "#src/platform/access/principal.ts";
import { createTrustedProxies } from "#src/platform/access/trusted-proxies.ts";
import { readConfig } from "#src/platform/config.ts";
import { Failure, Reason } from "#src/platform/failure.ts";
import type { ListenerId, RecordingId, SessionId, StreamId, UserId } from "#src/platform/ids.ts";
import type { AccountFacts, AuditedAct, ErasedAccount } from "#src/platform/peers/peers.ts";
import type { Platform } from "#src/platform/platform.ts";
import { createCallReports } from "#src/rpc/call-reports.ts";
import { createChain } from "#src/rpc/chain.ts";
import { peerAddressKey } from "#src/rpc/peer-address.ts";
import { principalKey } from "#src/rpc/principal.ts";
import { countryFromHeader } from "#src/stream/country.ts";
import type {
  ClosedRecording,
  DropReason,
  LivePort,
  OnAirStream,
  RecordingFile,
  RecordingOrder,
  Rendition,
  Seat,
  Sound,
  WantedQuality,
} from "#src/stream/live-port.ts";
import { createStreamService, type StreamService as Service } from "#src/stream/service.ts";
import { databaseEnv, dropDatabaseOf } from "../kit/databases.ts";
import { type HandClock, handClock } from "./auth-kit.ts";

const { LOW, MEDIUM, HIGH, ULTRA, AUTO } = AudioQuality;
const renditions: readonly Rendition[] = [LOW, MEDIUM, HIGH, ULTRA];
const silence: Sound = { hasSource: false, available: [], best: undefined };

/** A live part without sound: it keeps the promises of LivePort, and a test says what is heard. */
export class TestLive implements LivePort {
  service!: Service;
  readonly streams = new Map<StreamId, OnAirStream>();
  readonly sounds = new Map<StreamId, Sound>();
  readonly seats = new Map<ListenerId, Seat>();
  readonly dropped: { listenerId: ListenerId; reason: DropReason }[] = [];
  readonly volumes = new Map<ListenerId, number>();
  readonly recordings = new Map<RecordingId, { streamId: StreamId; file: RecordingFile; ms: number }>();
  readonly deletedFiles: string[] = [];
  readonly #clock: HandClock;

  constructor(clock: HandClock) {
    this.#clock = clock;
  }

  /** A source comes that can be made into all renditions up to one. */
  source(streamId: string, best: Rendition = HIGH): Promise<void> {
    const available = renditions.filter((each) => each <= best);
    return this.#sound(streamId as StreamId, { hasSource: true, available, best });
  }
  sourceLost(streamId: string): Promise<void> {
    return this.#sound(streamId as StreamId, silence);
  }
  async #sound(streamId: StreamId, sound: Sound): Promise<void> {
    this.sounds.set(streamId, sound);
    // As a source does that comes: what it sounds like is its home's to say.
    await this.service.homes.take(streamId);
    this.service.onAir.soundChanged(streamId, sound);
  }

  /** Somebody listens: the way of `Listen` and of HTTP, for who is not signed in. */
  async listen(
    caller: Principal | undefined,
    streamId: string,
    more: { listenerId?: string; quality?: AudioQuality; country?: string } = {},
  ): Promise<Seat> {
    const seat = await this.service.admission.listen(caller, {
      streamId: streamId as StreamId,
      listenerId: more.listenerId as ListenerId | undefined,
      preferredQuality: more.quality ?? AudioQuality.UNSPECIFIED,
      country: more.country,
    });
    this.seats.set(seat.listenerId, seat);
    seat.qualityIs(this.offer(seat.stream, seat.preferredQuality).quality);
    seat.onReplaced(() => {
      if (this.seats.get(seat.listenerId) === seat) this.seats.delete(seat.listenerId);
    });
    return seat;
  }

  /** Time passes, in which a seat gets sound, a tenth of a second at a time. */
  play(seats: readonly Seat[], quality: Rendition, ms: number): void {
    for (let passed = 0; passed < ms; passed += 100) {
      this.#clock.advance(100);
      for (const seat of seats) seat.sent(quality, 100);
    }
  }

  async stop(streamId: StreamId): Promise<void> {
    for (const [id, seat] of this.seats) {
      if (seat.stream.id !== streamId) continue;
      this.seats.delete(id);
      seat.free();
    }
    for (const [id, recording] of this.recordings) {
      if (recording.streamId === streamId) await this.service.onAir.recordingClosed(id, this.#close(id));
    }
    if (this.sounds.get(streamId)?.hasSource) await this.sourceLost(streamId);
    this.streams.delete(streamId);
  }
  update(stream: OnAirStream): void {
    this.streams.set(stream.id, stream);
  }
  isOnAir(streamId: StreamId): boolean {
    return this.streams.has(streamId);
  }
  hasSource(streamId: StreamId): boolean {
    return this.sound(streamId).hasSource;
  }
  sound(streamId: StreamId): Sound {
    return this.sounds.get(streamId) ?? silence;
  }
  offer(stream: OnAirStream, wanted: WantedQuality) {
    const { available, best } = this.sound(stream.id);
    const first = wanted === AUTO ? stream.defaultQuality : wanted;
    const quality = best === undefined ? wanted : first === AUTO || !available.includes(first) ? best : first;
    return { quality, bufferMs: 300 };
  }
  metrics(streamId: StreamId) {
    if (!this.streams.has(streamId)) return undefined;
    const { available, best } = this.sound(streamId);
    return {
      currentBitrate: best === undefined ? 0 : 256_000,
      bufferHealth: undefined,
      latencyMs: undefined,
      droppedFrames: 0,
      renditions: available.map((quality) => ({
        quality,
        bitrate: 0,
        listenerCount: 0,
        droppedFrames: 0,
        isPassthrough: quality === best,
      })),
    };
  }
  drop(_: StreamId, listenerIds: readonly ListenerId[], reason: DropReason): void {
    for (const listenerId of listenerIds) {
      this.dropped.push({ listenerId, reason });
      this.seats.get(listenerId)?.free();
      this.seats.delete(listenerId);
    }
  }
  changeQuality(listenerId: ListenerId, wanted: WantedQuality): WantedQuality | undefined {
    const seat = this.seats.get(listenerId);
    if (seat === undefined) return undefined;
    const { available } = this.sound(seat.stream.id);
    if (wanted !== AUTO && available.length > 0 && !available.includes(wanted)) {
      throw new Failure(Reason.QUALITY_UNAVAILABLE);
    }
    const { quality } = this.offer(seat.stream, wanted);
    seat.qualityIs(quality);
    return quality;
  }
  reportPlayback(listenerId: ListenerId): WantedQuality | undefined {
    return this.seats.has(listenerId) ? LOW : undefined;
  }
  setVolume(listenerIds: readonly ListenerId[], volume: number): void {
    for (const id of listenerIds) this.volumes.set(id, volume);
  }
  async startRecording(order: RecordingOrder): Promise<RecordingFile> {
    const streamId = order.stream.id;
    const { available } = this.sound(streamId);
    if (order.quality !== AUTO && available.length > 0 && !available.includes(order.quality)) {
      throw new Failure(Reason.QUALITY_UNAVAILABLE);
    }
    const file = { fileName: `${order.id}.webm`, contentType: "audio/webm", quality: order.quality };
    this.recordings.set(order.id, { streamId, file, ms: this.#clock.now() });
    return file;
  }
  async stopRecording(recordingId: RecordingId): Promise<ClosedRecording> {
    return this.#close(recordingId);
  }
  #close(recordingId: RecordingId): ClosedRecording {
    const recording = this.recordings.get(recordingId);
    if (recording === undefined) throw new Error("this recording is not being made");
    this.recordings.delete(recordingId);
    const durationMs = this.#clock.now() - recording.ms;
    return {
      error: undefined,
      bytes: durationMs * 16,
      durationMs,
      peaks: [0.5, 1],
      file: recording.file,
      isKept: true,
    };
  }
  async recoverRecording(_: RecordingId, file: RecordingFile | undefined): Promise<ClosedRecording> {
    const error = file === undefined ? "nothing was written" : undefined;
    return { error, bytes: 100, durationMs: 1000, peaks: [1], file, isKept: true };
  }
  async keepRecording(): Promise<void> {}
  recordingProgress(recordingId: RecordingId) {
    const recording = this.recordings.get(recordingId);
    if (recording === undefined) return undefined;
    const durationMs = this.#clock.now() - recording.ms;
    return { bytes: durationMs * 16, durationMs };
  }
  recordingsHere(): RecordingId[] {
    return [...this.recordings.keys()];
  }
  async folder(): Promise<string> {
    return "the folder";
  }
  async deleteRecording(_: RecordingId, file: RecordingFile | undefined): Promise<void> {
    if (file !== undefined) this.deletedFiles.push(file.fileName);
  }
}

/** Somebody who calls. */
export interface Caller {
  readonly id: string;
  readonly principal: Principal;
  readonly stream: Client<typeof StreamService>;
  readonly chat: Client<typeof ChatService>;
}

/** Streams on a database of their own, with real chat, called as the network would call them. */
export interface StreamHouse extends AsyncDisposable {
  readonly platform: Platform;
  readonly service: Service;
  readonly live: TestLive;
  readonly clock: HandClock;
  readonly dataDir: string;
  /** Somebody with an account; the same for the same name. */
  person(name: string, role?: AccountRole): Caller;
  /** Auth erases an account. */
  erase(caller: Caller): void;
  /** Says who comes from where, as a trusted proxy would. */
  from(caller: Caller, country: string): Client<typeof StreamService>;
  /** The same data, opened anew: as after a restart. */
  restart(): Promise<StreamHouse>;
}

export interface Town {
  readonly accounts: Map<string, AccountFacts>;
  readonly erased: ErasedAccount[];
  /** What the audit log was told. */
  readonly audited: AuditedAct[];
  /** Whether auth takes nothing for the audit log. */
  isAuditAway: boolean;
}

export const emptyTown = (): Town => ({ accounts: new Map(), erased: [], audited: [], isAuditAway: false });
const proxy = "10.0.0.1";

export async function openStreams(
  options: { clock?: HandClock; dataDir?: string; town?: Town } = {},
): Promise<StreamHouse> {
  const { clock = handClock(), town = emptyTown() } = options;
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "veza-streams-")));
  const databases = await databaseEnv(dataDir);
  const config = readConfig({ VEZA_DATA_DIR: dataDir, ...databases, VEZA_LOG_LEVEL: "error", VEZA_LOG_FORMAT: "json" });
  const platform = await createPlatform(config, { clock });
  const live = new TestLive(clock);
  const auth = {
    accounts: async (ids: readonly UserId[]) => [...town.accounts.values()].filter(({ id }) => ids.includes(id)),
    erasedAfter: async (sequence: number) => town.erased.filter((each) => each.sequence > sequence),
    revokedSince: async () => ({ revocations: [] }),
    async addAudits(acts: readonly AuditedAct[]) {
      if (town.isAuditAway) throw new Failure(Reason.UNAVAILABLE);
      town.audited.push(...acts);
    },
    welcome: async () => {},
  };
  const peers = () => ({
    auth,
    get chat() {
      return chat.peer;
    },
    get stream() {
      return service.peer;
    },
  });
  const chat = await createChat({ platform, peers, publicUrl: () => "https://veza.example" });
  const service: Service = await createStreamService({
    platform,
    peers,
    live: () => live,
    publicUrl: () => "https://veza.example",
    countryOf: countryFromHeader({ header: "x-country", proxies: createTrustedProxies([proxy]) }),
  });
  live.service = service;
  await service.begin();
  const chain = createChain({
    ...platform,
    reports: createCallReports(platform),
    validator: createValidator(),
  });

  function transportOf(principal: Principal, headers: Record<string, string> = {}) {
    return createRouterTransport(
      (router) => {
        router.service(StreamService, service.handlers);
        router.service(ChatService, chat.routes.implementation as never);
      },
      {
        router: {
          interceptors: [chain.interceptor],
          requestGate({ values }) {
            values.set(principalKey, principal);
            values.set(peerAddressKey, proxy);
          },
        },
        transport: {
          interceptors: [
            (next) => (request) => {
              for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
              return next(request);
            },
          ],
        },
      },
    );
  }

  async function close(): Promise<void> {
    await service[Symbol.asyncDispose]();
    await chat[Symbol.asyncDispose]();
    await platform[Symbol.asyncDispose]();
  }

  return {
    platform,
    service,
    live,
    clock,
    dataDir,
    person(name, role = "user") {
      const id = (town.accounts.get(name)?.id ?? String(town.accounts.size + 1)) as UserId;
      town.accounts.set(name, { id, username: name, role, isActive: true });
      const sessionId = `session of ${name}` as SessionId;
      const expiresAt = Number.MAX_SAFE_INTEGER;
      const principal: Principal = { userId: id, username: name, role, sessionId, issuedAt: 0, expiresAt };
      const transport = transportOf(principal);
      return {
        id,
        principal,
        stream: createClient(StreamService, transport),
        chat: createClient(ChatService, transport),
      };
    },
    erase({ id }) {
      town.erased.push({ sequence: town.erased.length + 1, userId: id as UserId });
      platform.bus.publish("auth.erased", new Uint8Array());
    },
    from: ({ principal }, country) => createClient(StreamService, transportOf(principal, { "x-country": country })),
    async restart() {
      await close();
      return openStreams({ clock, dataDir, town });
    },
    async [Symbol.asyncDispose]() {
      await close();
      await dropDatabaseOf(dataDir);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A new stream, as its maker is answered. */
export async function newStream(
  { stream }: Caller,
  wish: Partial<
    Omit<import("@bufbuild/protobuf").MessageInitShape<typeof CreateStreamRequestSchema>, "$typeName">
  > = {},
): Promise<{ stream: Stream; id: string; key: string; roomId: string }> {
  const made = await stream.createStream({ title: "a stream", ...wish });
  const it = made.stream ?? create(StreamSchema);
  return { stream: it, id: it.id, key: made.streamKey, roomId: it.roomId ?? "" };
}

export interface Cast {
  readonly admin: Caller;
  readonly streamer: Caller;
  /** In the chat room of the streamer's streams, once `enter` was called. */
  readonly member: Caller;
  readonly stranger: Caller;
}
export type Role = keyof Cast;

export function castOf(house: StreamHouse): Cast {
  return {
    admin: house.person("admin", "admin"),
    streamer: house.person("streamer"),
    member: house.person("member"),
    stranger: house.person("stranger"),
  };
}

/** Has the member enter a room of the streamer. */
export async function enter({ streamer, member }: Cast, roomId: string): Promise<void> {
  const { invite } = await streamer.chat.createInvite({ roomId });
  await member.chat.joinRoom({ roomId, inviteCode: invite?.code ?? "" });
}

/** Events of a stream, read as they come. */
export async function take(
  frames: AsyncIterator<{ frame: { case?: string | undefined; value?: unknown } }>,
  count: number,
): Promise<StreamEvent[]> {
  const found: StreamEvent[] = [];
  while (found.length < count) {
    const { value, done } = await frames.next();
    if (done) throw new Error(`the stream of events ended after ${found.length} events`);
    if (value.frame.case === "event") found.push(value.frame.value as StreamEvent);
  }
  return found;
}
