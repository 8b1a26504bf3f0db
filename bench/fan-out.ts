import { type Child, startChild } from "./kit/child.ts";
import { Deliveries } from "./kit/deliveries.ts";
import { type FanOut, inBursts, steadily } from "./kit/fan-out-contender.ts";
import { subscribeH1 } from "./kit/h1-subscriber.ts";
import { openH2 } from "./kit/h2-connection.ts";
import { h2Load } from "./kit/h2-load.ts";
import { type Subscriber, subscribeH2 } from "./kit/h2-subscriber.ts";
import { readOptions } from "./kit/options.ts";
import { type OwnApp, sendBody, startOwnApp, streamsEach, subscribeBody } from "./kit/own-app.ts";
import { atMost, type Row, report, within } from "./kit/report.ts";
import { alternate } from "./kit/rounds.ts";
import { quantile } from "./kit/statistics.ts";
import { frameTag, streamPath } from "./kit/stream-call.ts";
import { connectStreamHeaders, framed, grpcHeaders, unaryPath } from "./kit/unary-call.ts";
import { subscribeWs } from "./kit/ws-subscriber.ts";

// One room, a thousand subscribers, each on a connection of its own. Veza sends through its whole app: a SendMessage is
// checked, stored, acknowledged and handed out. Its peers hand out the same bytes and do nothing else.
const options = readOptions();
const subscribers = 1000;
await using stack = new AsyncDisposableStack();

function broken(error: Error): void {
  throw error;
}

/** Connects everybody, a hundred at a time. */
async function connectAll(connect: (index: number) => Promise<Subscriber>): Promise<void> {
  for (let from = 0; from < subscribers; from += 100) {
    const some = await Promise.all(Array.from({ length: 100 }, (_, i) => connect(from + i)));
    stack.defer(() => {
      for (const subscriber of some) subscriber.leave();
    });
  }
}

async function veza(name: "veza" | "veza h1"): Promise<FanOut> {
  const app = await startOwnApp(stack, { people: Math.ceil(subscribers / streamsEach) });
  const roomId = await app.room("bench");
  const deliveries = new Deliveries(subscribers);
  const tokenOf = (index: number) => app.people[Math.floor(index / streamsEach)]?.accessToken ?? "";
  const caughtUp = Promise.withResolvers<void>();
  let waiting = subscribers;
  const body = subscribeBody(roomId);
  const [subscribe, headersOf] = name === "veza" ? [subscribeH2, grpcHeaders] : [subscribeH1, connectStreamHeaders];
  await connectAll((index) =>
    subscribe(
      { port: app.chatPort, path: streamPath, headers: headersOf(tokenOf(index)) },
      body,
      (tag) => {
        if (tag === frameTag.event) deliveries.arrived(index);
        else if (tag === frameTag.caughtUp) {
          waiting -= 1;
          if (waiting === 0) caughtUp.resolve();
        }
      },
      broken,
    ),
  );
  await caughtUp.promise;
  const sender = await openH2({ port: app.chatPort, path: unaryPath, headers: grpcHeaders(tokenOf(0)) }, broken);
  stack.defer(() => sender.close());
  await warmSending(app);
  const message = sendBody(roomId);
  return {
    name,
    child: app.child,
    subscribers,
    deliveries,
    publish(count) {
      for (let i = 0; i < count; i += 1) sender.call(message, () => undefined);
      sender.flush();
    },
  };
}

/** Sends where nobody follows: at ten messages a second the path of a message would stay cold for minutes. */
async function warmSending(app: OwnApp): Promise<void> {
  const body = sendBody(await app.room("warm-up", 1));
  const load = await h2Load({
    port: app.chatPort,
    path: unaryPath,
    headers: grpcHeaders(app.people[0]?.accessToken ?? ""),
    body: () => body,
    inFlight: 16,
    connections: 1,
  });
  await load.run(options.quick ? 1500 : 5000);
  load.close();
}

async function peer(name: string, file: string, subscribe: Subscribe): Promise<FanOut> {
  const child = await startChild(name, file);
  stack.defer(() => child.end());
  const deliveries = new Deliveries(subscribers);
  await connectAll((index) => subscribe(child, () => deliveries.arrived(index)));
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { name, child, subscribers, deliveries, publish: (count) => child.tell("publish", count) };
}

type Subscribe = (child: Child, onMessage: () => void) => Promise<Subscriber>;

const overWs: Subscribe = (child, onMessage) =>
  subscribeWs({ port: child.ready.port, path: "/", socketIo: false }, onMessage, broken);
const overSocketIo: Subscribe = (child, onMessage) => {
  const path = "/socket.io/?EIO=4&transport=websocket";
  return subscribeWs({ port: child.ready.port, path, socketIo: true }, onMessage, broken);
};
const nothing = framed(new Uint8Array(0));
const overH2: Subscribe = (child, onMessage) =>
  subscribeH2(
    { port: child.ready.port, path: streamPath, headers: grpcHeaders("nobody") },
    nothing,
    (tag) => {
      if (tag === frameTag.event) onMessage();
    },
    broken,
  );

const wanted = (name: string) => options.only === undefined || name === options.only;
const contenders: FanOut[] = [];
for (const name of ["veza", "veza h1"] as const) if (wanted(name)) contenders.push(await veza(name));
for (const [name, file, subscribe] of [
  ["ws", "ws.ts", overWs],
  ["socket.io", "socket-io.ts", overSocketIo],
  ["bare http2", "bare-http2.ts", overH2],
  ["grpc-js", "grpc-js.ts", overH2],
  ["connect-node", "connect-node.ts", overH2],
] as const) {
  if (wanted(name)) contenders.push(await peer(name, file, subscribe));
}

const roundMs = options.quick ? options.roundMs : 2 * options.roundMs;
const steady = await alternate(contenders.map(steadily), { ...options, roundMs });
const latencies = new Map(contenders.map(({ name, deliveries }) => [name, [...deliveries.latencies]]));
const burst = options.quick ? 20 : 100;
const bursts = await alternate(
  contenders.map((each) => inBursts(each, burst)),
  { rounds: options.quick ? 1 : 3, roundMs: 0, warmMs: options.quick ? 0 : 1 },
);

const cpu = (name: string) => steady.get(name)?.cpuPerDelivery ?? Number.NaN;
const last = (name: string, part: number) => quantile(latencies.get(name) ?? [], part);
const ofBurst = (name: string, key: string) => bursts.get(name)?.[key] ?? Number.NaN;
const peers = ["ws", "socket.io", "bare http2", "grpc-js", "connect-node"].filter(wanted);

const rows: Row[] = [];
for (const name of peers) {
  const ours = cpu("veza");
  const row = { what: "delivery at 10 messages/s", unit: "µs CPU", ours, peer: { name, value: cpu(name) } };
  if (name === "socket.io") rows.push({ ...row, first: atMost(ours, 1, name, cpu(name)) });
  else if (name === "ws") rows.push({ ...row, end: atMost(ours, 1, name, cpu(name)) });
  else if (name === "bare http2") rows.push({ ...row, end: atMost(ours, 1.2, name, cpu(name)) });
  else rows.push(row);
}
for (const name of ["ws", "socket.io"].filter(wanted)) {
  const ours = cpu("veza h1");
  const what = "delivery at 10 messages/s, Connect over HTTP/1.1";
  rows.push({ what, unit: "µs CPU", ours, peer: { name, value: cpu(name) } });
}
for (const [what, part] of [
  ["send → last has it, p50", 0.5],
  ["send → last has it, p99", 0.99],
] as const) {
  for (const name of peers) {
    const ours = last("veza", part);
    const row = { what, unit: "ms", ours, peer: { name, value: last(name, part) } };
    const isBar = name === "socket.io" && part === 0.99;
    rows.push(isBar ? { ...row, first: atMost(ours, 1, name, last(name, part)), end: within(ours, 25, "ms") } : row);
  }
}
for (const [what, unit, key] of [
  [`burst of ${burst}, all have all`, "ms", "burstMs"],
  [`burst of ${burst}, delivery`, "µs CPU", "burstCpu"],
] as const) {
  for (const name of peers) {
    rows.push({ what, unit, ours: ofBurst("veza", key), peer: { name, value: ofBurst(name, key) } });
  }
}
const load = [...steady].map(([name, sample]) => `${name} ${Math.round((sample.loadBusy ?? 0) * 100)}`);
report({
  bench: "fan-out",
  quick: options.quick,
  rows,
  notes: [
    `${subscribers} subscribers, one per connection; veza checks, stores and acknowledges each message, peers only hand it out`,
    `${latencies.values().next().value?.length ?? 0} messages timed for each; CPU of the receiving side in % of a core: ${load.join(", ")}`,
  ],
});
