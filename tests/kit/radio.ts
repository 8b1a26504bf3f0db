import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { receive } from "#src/client/audio/receive.ts";
import { overSeveral } from "#src/client/index.ts";
import { icecastSource } from "./icecast-source.ts";
import { endOfPage, numberedOgg, numberOf, packetMs } from "./numbered-opus.ts";
import { type Person, transportTo } from "./people.ts";

/** A source that says numbers at the pace of time, so that whoever hears one knows when it was said. */
export interface Radio {
  /** How often it was taken in. */
  readonly connections: number;
  /** When a number was said, in steady milliseconds. */
  saidAt(number: number): number;
  stop(): Promise<void>;
}

/** Broadcasts to the first gateway that takes it, and to the next at once when that is gone: as an encoder with a list of servers. */
export function broadcast(gateways: readonly string[], mount: { path: string; key: string }): Radio {
  const startedAt = performance.now();
  const due = () => endOfPage(Math.floor((performance.now() - startedAt) / packetMs));
  let stopped = false;
  let connections = 0;

  async function sayOn(gateway: string): Promise<void> {
    const source = icecastSource(gateway, { ...mount, contentType: "audio/ogg" });
    try {
      const noAnswer = sleep(2000).then(() => Promise.reject(new Error("no answer")));
      await Promise.race([source.says("200 OK"), noAnswer]);
      connections += 1;
      let isOver = false;
      void source.closed.then(() => {
        isOver = true;
      });
      const ogg = numberedOgg();
      source.send(ogg.head);
      // What was to be said while nobody listened is over.
      for (let number = due(); !isOver && !stopped; await sleep(20)) {
        const to = due();
        if (to > number) source.send(ogg.pages(number, to));
        number = to;
        if (source.socket.destroyed) break;
      }
    } finally {
      source.drop();
    }
  }
  const done = (async () => {
    for (let tries = 0; !stopped; tries += 1) {
      // Not this time: the other gateway is next.
      await sayOn(gateways[tries % gateways.length] as string).catch(() => sleep(50));
    }
  })();
  return {
    get connections() {
      return connections;
    },
    saidAt: (number) => startedAt + number * packetMs,
    stop() {
      stopped = true;
      return done;
    },
  };
}

/** One who listens, as the client kit does, and what they heard that they had not heard before. */
export interface Hearing {
  /** Resolves once something is heard that was said after a moment; rejects after a while. */
  hears(moment: number): Promise<void>;
  /** The longest silence that ended after a moment, up to now: milliseconds. */
  silenceSince(moment: number): number;
  stop(): Promise<void>;
}

/** Listens at the first gateway, and at the next when that is gone. What comes twice counts once. */
export function listenOn(
  gateways: readonly [string, ...string[]],
  who: Person,
  streamId: string,
  radio: Radio,
): Hearing {
  const leave = new AbortController();
  const transports = gateways.map((url) => transportTo(url, "grpc", who.accessToken));
  const news: number[] = [];
  let last = -1;
  const done = receive({
    client: createClient(StreamService, overSeveral(transports as [(typeof transports)[0]])),
    streamId,
    quality: () => AudioQuality.AUTO,
    signal: leave.signal,
    onOpened: () => undefined,
    onPackets(packets) {
      const newest = Math.max(...packets.map(({ data }) => numberOf(data) ?? -1));
      if (newest <= last) return;
      last = newest;
      news.push(performance.now());
    },
  });
  return {
    async hears(moment) {
      for (const giveUpAt = Date.now() + 20_000; Date.now() < giveUpAt; await sleep(10)) {
        if (last >= 0 && radio.saidAt(last) > moment) return;
      }
      throw new Error("a listener has heard nothing new since");
    },
    silenceSince(moment) {
      let longest = 0;
      let before = news[0] ?? moment;
      for (const at of [...news, performance.now()]) {
        if (at > moment) longest = Math.max(longest, at - before);
        before = at;
      }
      return longest;
    },
    async stop() {
      leave.abort();
      await done;
    },
  };
}
