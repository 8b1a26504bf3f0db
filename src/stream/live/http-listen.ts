import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import type { HttpExchange } from "../../platform/http/http-exchange.ts";
import { limits } from "../../platform/limits.ts";
import type { OnAirStream, Rendition, Seat, WantedQuality } from "../live-port.ts";
import type { Audience } from "./audience.ts";
import type { Channel, ContainerName, HeardPacket, HeardPiece } from "./channel.ts";
import { IcyTitles, titleLine } from "./icy.ts";
import type { OnAir } from "./on-air.ts";
import { bitrateOf, opusRendition } from "./renditions.ts";
import type { Ring } from "./ring.ts";

/** The forms in which a stream is heard over HTTP. */
export type ListenForm = "mp3" | ContainerName;

/** What a listener reads from: packets or pieces by number, and what comes before the first. */
interface Feed {
  readonly channel: Channel;
  readonly quality: Rendition;
  readonly items: Ring<HeardPiece> | Ring<HeardPacket>;
}

const contentTypes: Readonly<Record<ListenForm, string>> = {
  mp3: "audio/mpeg",
  ogg: "audio/ogg",
  webm: "audio/webm",
};

/** A player that hears a stream over HTTP. It is a number in the shared sound, written on every tick. */
export class HttpListener implements Audience {
  readonly via = "http";
  readonly #air: OnAir;
  readonly #seat: Seat;
  readonly #exchange: HttpExchange;
  readonly #form: ListenForm;
  readonly #wanted: WantedQuality;
  readonly #icy: IcyTitles | undefined;
  #feed: Feed | undefined;
  /** The number of the next piece or packet. */
  #cursor = 0;
  #headerSent = false;
  /** Whether it stepped down because this reader was slow. */
  #isAdapted = false;
  #blockedSince: number | undefined;
  #over = false;

  constructor(needs: {
    air: OnAir;
    seat: Seat;
    exchange: HttpExchange;
    form: ListenForm;
    quality: WantedQuality;
    onOver: () => void;
  }) {
    const { air, seat, exchange, form } = needs;
    this.#air = air;
    this.#seat = seat;
    this.#exchange = exchange;
    this.#form = form;
    this.#wanted = needs.quality;
    this.#icy = form === "mp3" && exchange.header("icy-metadata") === "1" ? new IcyTitles() : undefined;
    this.#icy?.title(titleLine(air.stream));
    exchange.onDrain(() => {
      this.#blockedSince = undefined;
    });
    exchange.onClose(() => {
      this.#cleanUp();
      needs.onOver();
    });
    seat.onReplaced(() => this.close());
    exchange.begin(
      200,
      listenHeaders({ air, form, quality: needs.quality, withTitles: this.#icy !== undefined }),
      false,
    );
    air.audience.add(this);
    this.tick(performance.now());
  }

  get quality(): Rendition | undefined {
    return this.#feed?.quality;
  }

  /** The piece of time that was written last. */
  #piece: number | undefined;

  /** Players over HTTP do not say. */
  readonly bufferHealth = undefined;

  tick(now: number): void {
    if (this.#over) return;
    if (this.#blockedSince !== undefined) {
      if (now - this.#blockedSince > limits.live.stalledListenerMs) this.#exchange.reset();
      return;
    }
    // All players in step: what is written to one is written to the others.
    const piece = Math.floor(now / limits.live.httpPieceMs);
    if (piece === this.#piece) return;
    this.#feed ??= this.#tune();
    if (this.#feed === undefined) return;
    this.#piece = piece;
    this.#advance(this.#feed, now);
  }

  paused(): void {
    // The player waits: nothing comes.
  }

  resumed(): void {
    // What comes next comes with the next tick.
  }

  updated(stream: OnAirStream): void {
    this.#icy?.title(titleLine(stream));
  }

  soundChanged(): void {
    const feed = this.#feed;
    if (feed === undefined || !this.#air.sound.hasSource) return;
    if (this.#air.can(feed.channel.rendition)) {
      const isFollowing = this.#wanted === AudioQuality.AUTO && !this.#isAdapted && this.#form !== "mp3";
      if (!isFollowing || this.#air.choose(this.#wanted) === feed.quality) return;
      // Numbers are the same in all qualities of Opus: it goes on where it is.
      this.#leave();
      return;
    }
    // A source of another kind: the nearest to what was heard so far that can be made of it.
    this.#leave();
    if (this.#form === "mp3") this.#cursor = 0;
  }

  ended(): void {
    if (this.#over) return;
    this.#piece = undefined;
    this.tick(performance.now());
    this.close();
  }

  /** Ends the response. */
  close(): void {
    if (this.#over) return;
    this.#exchange.end();
    this.#cleanUp();
  }

  #tune(): Feed | undefined {
    const air = this.#air;
    if (!air.sound.hasSource) return undefined;
    if (this.#form === "mp3") {
      const found = air.chooseMp3(this.#wanted);
      if (found === undefined) return undefined;
      const channel = air.tune(found.rendition, limits.live.burstMs);
      return this.#begin({ channel, quality: found.quality, items: channel.packets });
    }
    const quality = air.choose(this.#wanted);
    if (quality === undefined) return undefined;
    const channel = air.tune(opusRendition(quality), limits.live.burstMs);
    return this.#begin({ channel, quality, items: channel.track(this.#form).pieces });
  }

  #begin(feed: Feed): Feed {
    this.#seat.qualityIs(feed.quality);
    if (this.#cursor === 0) this.#cursor = feed.items.since(limits.live.burstMs) ?? 0;
    return feed;
  }

  #advance(feed: Feed, now: number): void {
    const { items } = feed;
    const { oldest } = items;
    if (oldest === undefined) return;
    if (this.#cursor !== 0 && this.#cursor < oldest.sequence) this.#skip(feed, oldest.sequence);
    const behind = items.from(this.#cursor);
    const last = behind.at(-1);
    if (last === undefined) return;
    let ms = 0;
    let waited = 0;
    for (const item of behind) {
      ms += item.duration / 48;
      waited += now - item.at;
    }
    const bytes = feed.channel.frame(this.#cursor, last.sequence, this.#form, () => joined(behind));
    this.#cursor = last.sequence + ("bytes" in last ? Math.max(1, Math.round(last.duration / 960)) : 1);
    this.#air.latency.add(Math.max(0, waited), behind.length);
    this.#seat.sent(feed.quality, ms);
    if (this.#headerSent || this.#form === "mp3") this.#write(bytes, now);
    else this.#write(Buffer.concat([feed.channel.track(this.#form).header, bytes]), now);
    this.#headerSent = true;
  }

  /** Too far behind: what was forgotten is lost for this listener, who goes on live, in less if that helps. */
  #skip(feed: Feed, oldest: number): void {
    const lost = oldest - this.#cursor;
    this.#air.dropped(feed.quality, lost);
    this.#cursor = feed.items.since(limits.live.burstMs) ?? oldest;
    if (this.#wanted !== AudioQuality.AUTO || this.#form === "mp3") return;
    const { available } = this.#air.sound;
    const lower = available[available.indexOf(feed.quality) - 1];
    if (lower === undefined) return;
    this.#isAdapted = true;
    this.#air.release(feed.channel);
    const channel = this.#air.tune(opusRendition(lower), limits.live.burstMs);
    this.#feed = { channel, quality: lower, items: channel.track(this.#form).pieces };
    this.#seat.qualityIs(lower);
  }

  #write(bytes: Uint8Array, now: number): void {
    const ready =
      this.#icy === undefined
        ? this.#exchange.write(bytes)
        : this.#icy.write(bytes, (part) => this.#exchange.write(part));
    if (!ready) this.#blockedSince ??= now;
  }

  #leave(): void {
    if (this.#feed !== undefined) this.#air.release(this.#feed.channel);
    this.#feed = undefined;
  }

  #cleanUp(): void {
    if (this.#over) return;
    this.#over = true;
    this.#leave();
    this.#air.audience.delete(this);
    this.#seat.free();
  }
}

function joined(items: readonly (HeardPiece | HeardPacket)[]): Uint8Array {
  const parts = items.map((item) => ("bytes" in item ? item.bytes : item.data));
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}

/** What a response with live sound says of itself. */
export function listenHeaders(what: {
  air: OnAir;
  form: ListenForm;
  quality: WantedQuality;
  withTitles: boolean;
}): Record<string, string> {
  const { air, form, quality, withTitles } = what;
  const { title, metadata } = air.stream;
  const heard = form === "mp3" ? air.chooseMp3(quality)?.quality : air.choose(quality);
  return {
    "content-type": contentTypes[form],
    "cache-control": "no-store, no-transform",
    "accept-ranges": "none",
    "x-content-type-options": "nosniff",
    ...listenCors,
    "icy-pub": "0",
    "icy-name": plainText(title),
    ...(metadata.genre === "" ? {} : { "icy-genre": plainText(metadata.genre) }),
    ...(heard === undefined ? {} : { "icy-br": String(bitrateOf(heard) / 1000) }),
    ...(withTitles ? { "icy-metaint": String(limits.live.icyMetaBytes) } : {}),
  };
}

/** For players on other sites. */
export const listenCors = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "icy-br, icy-genre, icy-metaint, icy-name",
} as const;

/** Header values hold what Latin-1 holds, and no control characters. */
function plainText(text: string): string {
  return text.replaceAll(/[^\x20-\x7e\xa0-\xff]/g, "?");
}
