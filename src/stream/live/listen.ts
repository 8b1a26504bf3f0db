import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { CloseReason } from "#gen/veza/stream/v1/stream_event_pb.ts";
import { limits } from "../../platform/limits.ts";
import type { PushSink } from "../../rpc/push-stream.ts";
import { qualityUnavailable } from "../errors.ts";
import type { OnAirStream, Rendition, Seat, WantedQuality } from "../live-port.ts";
import type { Audience } from "./audience.ts";
import { autoQuality, autoStart, type PlaybackReport } from "./auto-quality.ts";
import type { Channel } from "./channel.ts";
import { closingFrame, listenFrame, packetsFrame } from "./listen-frames.ts";
import type { OnAir } from "./on-air.ts";
import { opusRendition } from "./renditions.ts";

/** What somebody hears, or is about to hear. */
interface Tuned {
  readonly channel: Channel;
  readonly quality: Rendition;
  readonly packetsListener: Disposable;
}

/** How listeners share what is sent: the more of them, the more sound at a time. Milliseconds. */
export function batchMsFor(listeners: number): number {
  if (listeners <= 50) return 20;
  return listeners <= 200 ? 40 : 100;
}

/**
 * One open Listen: a number in the sound of a stream. Another quality begins at the very packet that would have been
 * next, as soon as it has been made.
 */
export class ListenCall implements Audience {
  readonly via = "rpc";
  readonly seat: Seat;
  readonly #air: OnAir;
  readonly #sink: PushSink;
  #wanted: WantedQuality;
  #tuned: Tuned | undefined;
  #next: Tuned | undefined;
  /** The number of the next packet; undefined before the first. */
  #cursor: number | undefined;
  #saidQuality: WantedQuality;
  #metadata: OnAirStream["metadata"];
  #auto = autoStart;
  /** Whether AUTO went its own way for this listener; until then it follows what the source has. */
  #isAdapted = false;
  #report: { readonly at: number; readonly bufferedMs: number } | undefined;
  #sentAt = performance.now();
  #batchAt = 0;
  #blockedSince: number | undefined;
  /** Since when sound waits for the other quality. */
  #heldSince: number | undefined;
  /** Whether the reader was behind since it was last looked at. */
  #wasStuck = false;
  #over = false;

  constructor(needs: { air: OnAir; seat: Seat; sink: PushSink; onOver: () => void }) {
    const { air, seat, sink } = needs;
    this.#air = air;
    this.seat = seat;
    this.#sink = sink;
    this.#wanted = seat.preferredQuality;
    this.#metadata = air.stream.metadata;
    sink.onDrain(() => {
      this.#blockedSince = undefined;
      this.#advance();
    });
    sink.onClose(() => {
      this.#cleanUp();
      needs.onOver();
    });
    seat.onReplaced(() => this.close(CloseReason.REPLACED));

    const quality = air.choose(this.#wanted);
    this.#saidQuality = quality ?? this.#wanted;
    this.#write(
      listenFrame(sink.format, {
        case: "opened",
        value: {
          listenerId: seat.listenerId,
          codec: "opus",
          sampleRate: 48_000,
          channels: 2,
          quality: this.#saidQuality,
        },
      }),
    );
    seat.qualityIs(this.#saidQuality);
    this.#say({ case: "metadata", value: air.stream.metadata });
    if (seat.volume !== 100) this.volume(seat.volume);
    if (air.isPaused) this.#say({ case: "paused", value: {} });
    air.audience.add(this);
    this.soundChanged();
  }

  get quality(): Rendition | undefined {
    return this.#tuned?.quality;
  }

  get bufferHealth(): number | undefined {
    const report = this.#report;
    if (report === undefined || performance.now() - report.at > limits.live.reportMs) return undefined;
    return Math.min(1, report.bufferedMs / this.#air.bufferMs);
  }

  tick(now: number): void {
    if (this.#over) return;
    if (this.#blockedSince !== undefined && now - this.#blockedSince > limits.live.stalledListenerMs) {
      return this.close(CloseReason.TOO_SLOW);
    }
    this.#advance();
    if (this.#blockedSince === undefined && now - this.#sentAt > limits.live.heartbeatMs) {
      this.#say({ case: "heartbeat", value: {} });
    }
  }

  paused(): void {
    this.#advance();
    this.#say({ case: "paused", value: {} });
  }

  resumed(): void {
    this.#say({ case: "resumed", value: {} });
  }

  updated({ metadata }: OnAirStream): void {
    if (JSON.stringify(metadata) === JSON.stringify(this.#metadata)) return;
    this.#metadata = metadata;
    this.#say({ case: "metadata", value: metadata });
  }

  soundChanged(): void {
    if (this.#over) return;
    const heard = this.#next ?? this.#tuned;
    const isFollowing = this.#wanted === AudioQuality.AUTO && !this.#isAdapted;
    if (heard !== undefined && this.#air.can(heard.channel.rendition) && !isFollowing) return;
    const quality = this.#air.choose(this.#wanted);
    if (quality !== undefined) this.#go(quality);
  }

  ended(): void {
    if (this.#over) return;
    this.#advance();
    this.#say({ case: "ended", value: { listenDuration: durationFromMs(this.seat.listenMs) } });
    this.#finish();
  }

  volume(volume: number): void {
    this.#say({ case: "volume", value: { volume } });
  }

  /** Has another quality heard from the next packet on; answers which. Throws QUALITY_UNAVAILABLE. */
  change(wanted: WantedQuality): WantedQuality {
    this.#auto = { ...autoStart, underruns: this.#auto.underruns };
    this.#isAdapted = false;
    const quality = this.#air.choose(wanted);
    if (quality === undefined) {
      if (this.#air.sound.hasSource) throw qualityUnavailable();
      this.#wanted = wanted;
      return wanted;
    }
    this.#wanted = wanted;
    this.#go(quality);
    return quality;
  }

  /** Takes in how playing goes. Answers the quality from here on. */
  reported(report: PlaybackReport): WantedQuality {
    const now = performance.now();
    this.#report = { at: now, bufferedMs: report.bufferedMs };
    const current = (this.#next ?? this.#tuned)?.quality;
    if (current === undefined) return this.#saidQuality;
    if (this.#wanted !== AudioQuality.AUTO) return current;
    const { state, quality } = autoQuality(this.#auto, report, current, this.#air.sound.available, now);
    this.#auto = state;
    if (quality !== current) {
      this.#isAdapted = true;
      this.#go(quality);
    }
    return quality;
  }

  /** Ends the call with a word; one that may connect again at once is told so. */
  close(reason: CloseReason): void {
    if (this.#over) return;
    const longest = retryAfter.get(reason);
    // Each has a random part of it: those who are let go together do not come together.
    const retryAfterMs = longest === undefined ? undefined : Math.round(Math.random() * longest);
    this.#sink.write(closingFrame(this.#sink.format, reason, retryAfterMs));
    this.#finish();
  }

  fail(error: unknown): void {
    if (this.#over) return;
    this.#cleanUp();
    this.#sink.end(error);
  }

  #finish(): void {
    this.#cleanUp();
    this.#sink.end();
  }

  #tune(quality: Rendition): Tuned {
    const channel = this.#air.tune(opusRendition(quality), this.#air.bufferMs);
    return { channel, quality, packetsListener: channel.onPackets(() => this.#onPackets()) };
  }

  #leave(tuned: Tuned | undefined): void {
    if (tuned === undefined) return;
    tuned.packetsListener[Symbol.dispose]();
    this.#air.release(tuned.channel);
  }

  #go(quality: Rendition): void {
    if (this.#next !== undefined) {
      if (this.#next.quality === quality) return;
      this.#leave(this.#next);
      this.#next = undefined;
      this.#heldSince = undefined;
    }
    if (this.#tuned?.quality === quality) return;
    if (this.#tuned === undefined) {
      this.#tuned = this.#tune(quality);
      this.#sayQuality(quality);
    } else this.#next = this.#tune(quality);
    this.#advance();
  }

  #onPackets(): void {
    const now = performance.now();
    if (now - this.#batchAt < batchMsFor(this.#air.audience.size) - 5) return;
    this.#batchAt = now;
    this.#advance();
  }

  #advance(): void {
    while (!this.#over && this.#blockedSince === undefined && this.#tuned !== undefined) {
      if (this.#isSwitching()) return;
      const { channel, quality } = this.#tuned;
      const { packets } = channel;
      this.#cursor ??= packets.since(this.#air.bufferMs);
      if (this.#cursor === undefined) return;
      this.#keepUp(channel, quality);
      const batch = packets.from(this.#cursor, 100);
      const last = batch.at(-1);
      if (last === undefined) return;
      const now = performance.now();
      this.#cursor = last.sequence + 1;
      this.#write(packetsFrame(channel, batch, this.#sink.format));
      let waited = 0;
      let samples = 0;
      for (const packet of batch) {
        waited += now - packet.at;
        samples += packet.duration;
      }
      this.#air.latency.add(waited, batch.length);
      this.seat.sent(quality, samples / 48);
    }
  }

  /**
   * Goes over to the other quality at the packet that is next. True while that packet is about to be made: what is sent
   * in the old quality meanwhile would only move the place, as encoding always is a little behind passing through.
   */
  #isSwitching(): boolean {
    const next = this.#next;
    if (next === undefined || this.#cursor === undefined) return false;
    const { packets } = next.channel;
    const { newest } = packets;
    // Where the old quality ended for good, there is nothing else to go on with.
    const isLast = this.#tuned !== undefined && !this.#air.can(this.#tuned.channel.rendition);
    if (newest === undefined) return false;
    if (!packets.has(this.#cursor) && !isLast) {
      if (newest.sequence >= this.#cursor) return false;
      const now = performance.now();
      this.#heldSince ??= now;
      return now - this.#heldSince < limits.live.switchHoldMs;
    }
    this.#heldSince = undefined;
    this.#leave(this.#tuned);
    this.#tuned = next;
    this.#next = undefined;
    this.#sayQuality(next.quality);
    return false;
  }

  /** Who is too far behind goes on live, in a lower quality if that was left to us. */
  #keepUp(channel: Channel, quality: Rendition): void {
    const cursor = this.#cursor as number;
    const { packets } = channel;
    const { oldest, newest } = packets;
    if (oldest === undefined || newest === undefined) return;
    const isLost = cursor < oldest.sequence;
    if (!isLost && packets.msFrom(cursor) <= limits.live.listenerLagMs) return;
    const to = packets.since(this.#air.bufferMs) ?? newest.sequence;
    // A burst of the source is ahead of everyone: only who was stuck has lost something by going on.
    if (!isLost && !this.#wasStuck) return;
    this.#wasStuck = false;
    this.#air.dropped(quality, to - cursor);
    this.#cursor = to;
    if (this.#wanted !== AudioQuality.AUTO || this.#next !== undefined) return;
    const { available } = this.#air.sound;
    const lower = available[available.indexOf(quality) - 1];
    if (lower === undefined) return;
    this.#isAdapted = true;
    this.#auto = { ...this.#auto, wellSince: undefined, notUpBefore: performance.now() + limits.live.autoHoldMs };
    this.#next = this.#tune(lower);
  }

  #sayQuality(quality: Rendition): void {
    if (quality === this.#saidQuality) return;
    this.#saidQuality = quality;
    this.seat.qualityIs(quality);
    this.#say({ case: "qualityChanged", value: { quality } });
  }

  #say(content: Parameters<typeof listenFrame>[1]): void {
    if (!this.#over) this.#write(listenFrame(this.#sink.format, content));
  }

  #write(bytes: Uint8Array): void {
    this.#sentAt = performance.now();
    if (this.#sink.write(bytes)) return;
    this.#blockedSince ??= this.#sentAt;
    this.#wasStuck = true;
  }

  #cleanUp(): void {
    if (this.#over) return;
    this.#over = true;
    this.#leave(this.#next);
    this.#leave(this.#tuned);
    this.#next = undefined;
    this.#tuned = undefined;
    this.#air.audience.delete(this);
    this.seat.free();
  }
}

/** Those who may go on where this ended, and how long they wait first, at most. */
const retryAfter: ReadonlyMap<CloseReason, number> = new Map([
  [CloseReason.SHUTDOWN, limits.live.shutdownRetryMs],
  [CloseReason.TOO_SLOW, 2000],
  [CloseReason.TOKEN_EXPIRED, 0],
]);
