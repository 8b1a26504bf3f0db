import { setTimeout as pause } from "node:timers/promises";
import { type HttpPlayer, playHttp } from "./kit/http-player.ts";
import { icecastMissing } from "./kit/icecast-server.ts";
import { readOptions } from "./kit/options.ts";
import { type Radio, startRadios } from "./kit/radio.ts";
import { type Row, report, within } from "./kit/report.ts";
import { alternate, type Contender } from "./kit/rounds.ts";
import { quantile } from "./kit/statistics.ts";

// Everybody opens the player when the show begins: 1500 connections in half a second, and the time from the first of them
// until each has sound.
const options = readOptions();
const listeners = 1500;
const comeInMs = 500;
/** Who has heard nothing by then is counted as not served. */
const patienceMs = options.quick ? 5000 : 12_000;
await using stack = new AsyncDisposableStack();
const radios = await startRadios(stack, (name) => options.only === undefined || name === options.only);

const contender = (radio: Radio): Contender => ({
  name: radio.name,
  async round() {
    const players: HttpPlayer[] = [];
    const heardAfter: number[] = [];
    const heard = Promise.withResolvers<void>();
    let refused = 0;
    const before = await radio.cpu();
    const startedAt = performance.now();
    const onSound = () => {
      heardAfter.push(performance.now() - startedAt);
      if (heardAfter.length === listeners) heard.resolve();
    };
    const onOver = () => {
      refused += 1;
    };
    while (players.length < listeners) {
      const due = Math.min(listeners, Math.ceil(((performance.now() - startedAt) / comeInMs) * listeners));
      while (players.length < due) players.push(playHttp(radio, onSound, onOver));
      await pause(1);
    }
    const cameIn = performance.now() - startedAt;
    await Promise.race([heard.promise, pause(patienceMs - cameIn)]);
    const cpu = (await radio.cpu()) - before;
    for (const player of players) player.leave();
    await pause(options.quick ? 300 : 1500);
    return {
      cameIn,
      last: heardAfter.length === listeners ? quantile(heardAfter, 1) : Number.POSITIVE_INFINITY,
      served: heardAfter.length,
      inOneSecond: heardAfter.filter((ms) => ms <= 1000).length,
      inTwoSeconds: heardAfter.filter((ms) => ms <= 2000).length,
      p50: quantile(heardAfter, 0.5),
      refused,
      cpu: cpu / 1000,
    };
  },
});

const measured = await alternate(radios.map(contender), {
  rounds: options.quick ? 1 : 3,
  roundMs: 0,
  warmMs: options.quick ? 0 : 1,
});
const of = (name: string, key: string) => measured.get(name)?.[key] ?? Number.NaN;
const peer = "icecast2";
const hasPeer = measured.has(peer);
const row = (what: string, unit: string, key: string, scale = 1): Row => ({
  what,
  unit,
  ours: of("veza", key) / scale,
  ...(hasPeer ? { peer: { name: peer, value: of(peer, key) / scale } } : {}),
});
const last = of("veza", "last") / 1000;
const rows: Row[] = [
  { ...row("the last one hears", "s", "last", 1000), first: within(last, 2, "s"), end: within(last, 1, "s") },
  row("half of those served hear", "s", "p50", 1000),
  row("served in 1 s", "listeners", "inOneSecond"),
  row("served in 2 s", "listeners", "inTwoSeconds"),
  row(`served in ${patienceMs / 1000} s`, "listeners", "served"),
  row("until then", "ms CPU", "cpu"),
];
const came = [...measured].map(([name, sample]) => `${name} ${Math.round(sample.cameIn ?? 0)}`);
const refused = [...measured].map(([name, sample]) => `${name} ${sample.refused ?? 0}`);
report({
  bench: "audio-storm",
  quick: options.quick,
  rows,
  notes: [
    `${listeners} connections in ${comeInMs} ms; all times count from the first of them. "-": not everybody was served in ${patienceMs / 1000} s`,
    `the last connection was begun after, in ms: ${came.join(", ")}; connections that the server closed: ${refused.join(", ")}`,
    ...(hasPeer || options.only !== undefined ? [] : [icecastMissing]),
  ],
});
