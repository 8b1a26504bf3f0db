import { setTimeout as pause } from "node:timers/promises";
import { type HttpPlayer, playHttp } from "./kit/http-player.ts";
import { icecastMissing } from "./kit/icecast-server.ts";
import { readOptions } from "./kit/options.ts";
import { type Radio, startRadios } from "./kit/radio.ts";
import { atMost, type Row, report } from "./kit/report.ts";
import { alternate, type Contender } from "./kit/rounds.ts";

// A thousand players of one MP3 stream at 128 kbit/s, each on a connection of its own: what the server's process takes.
// They come anew for each round; the source stays all the time.
const options = readOptions();
const listeners = 1000;
const settleMs = options.quick ? 500 : 3000;
await using stack = new AsyncDisposableStack();
const radios = await startRadios(stack, (name) => options.only === undefined || name === options.only);

function broken(error: Error): void {
  throw error;
}

/**
 * Everybody, a few at a time, with sound for each. A full backlog drops connections, which try again after seconds; who
 * hears nothing for one comes anew, so that a round does not wait for them.
 */
async function everybody(radio: Radio): Promise<HttpPlayer[]> {
  const players: HttpPlayer[] = [];
  const until = performance.now() + 30_000;
  while (players.length < listeners) {
    const some = Array.from({ length: 4 }, () => playHttp(radio, () => undefined, broken));
    players.push(...some);
    await Promise.all(some.map(({ connected }) => connected));
    await pause(4);
  }
  for (;;) {
    await pause(1000);
    const silent = players.flatMap(({ bytes }, at) => (bytes === 0 ? [at] : []));
    if (silent.length === 0) return players;
    if (performance.now() > until) throw new Error(`${silent.length} of ${radio.name} heard nothing in 30 s`);
    for (const at of silent) {
      players[at]?.leave();
      players[at] = playHttp(radio, () => undefined, broken);
      await pause(1);
    }
  }
}

const contender = (radio: Radio): Contender => ({
  name: radio.name,
  async round(ms) {
    const players = await everybody(radio);
    await pause(settleMs);
    const before = await radio.cpu();
    const bytesBefore = players.map(({ bytes }) => bytes);
    const own = process.cpuUsage();
    const startedAt = performance.now();
    await pause(ms);
    const cpu = (await radio.cpu()) - before;
    const took = performance.now() - startedAt;
    const { user, system } = process.cpuUsage(own);
    const rates = players.map(({ bytes }, at) => ((bytes - (bytesBefore[at] as number)) * 8) / took);
    for (const player of players) player.leave();
    await pause(200);
    return {
      cpu: (cpu / (took * 1000)) * 100,
      rate: rates.reduce((sum, each) => sum + each, 0) / listeners,
      least: Math.min(...rates),
      loadBusy: (user + system) / (took * 1000),
    };
  },
});

const measured = await alternate(
  radios.map(contender),
  options.quick ? { rounds: 2, roundMs: 2000, warmMs: 0 } : { rounds: 3, roundMs: 20_000, warmMs: 5000 },
);
const of = (name: string, key: string) => measured.get(name)?.[key] ?? Number.NaN;
const peer = "icecast2";
const hasPeer = measured.has(peer);
const beside = (key: string) => (hasPeer ? { peer: { name: peer, value: of(peer, key) } } : {});
const ours = of("veza", "cpu");
const bars = hasPeer
  ? { first: atMost(ours, 1.5, peer, of(peer, "cpu")), end: atMost(ours, 1, peer, of(peer, "cpu")) }
  : {};
const rows: Row[] = [
  { what: `${listeners} listeners over HTTP, 128 kbit/s`, unit: "% of a core", ours, ...beside("cpu"), ...bars },
  { what: "each hears, on average", unit: "kbit/s", ours: of("veza", "rate"), ...beside("rate") },
  { what: "who hears least", unit: "kbit/s", ours: of("veza", "least"), ...beside("least") },
];
const load = [...measured].map(([name, sample]) => `${name} ${Math.round((sample.loadBusy ?? 0) * 100)}`);
report({
  bench: "audio-listeners",
  quick: options.quick,
  rows,
  notes: [
    "MP3 of the source passed through to players that ask over HTTP/1.1; Veza answers in chunks, whose sizes count as heard, icecast2 without",
    `CPU of the receiving side, source included, in % of a core: ${load.join(", ")}`,
    ...(hasPeer || options.only !== undefined ? [] : [icecastMissing]),
  ],
});
