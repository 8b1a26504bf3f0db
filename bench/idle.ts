import { type Child, startChild } from "./kit/child.ts";
import { type Subscriber, subscribeH2 } from "./kit/h2-subscriber.ts";
import { readOptions } from "./kit/options.ts";
import { startOwnApp, streamsEach, subscribeBody } from "./kit/own-app.ts";
import { report, within } from "./kit/report.ts";
import { median } from "./kit/statistics.ts";
import { streamPath } from "./kit/stream-call.ts";
import { framed, grpcHeaders } from "./kit/unary-call.ts";

// What somebody who is connected and silent takes of memory: the growth of the resident set after a full collection, for
// each of 2000 subscribers on a connection of their own. Every figure is taken in a process that is new.
const options = readOptions();
const subscribers = 2000;
const rounds = options.quick ? 1 : 3;

/** In KB for each subscriber. */
interface Growth {
  readonly resident: number;
  readonly heap: number;
}

type Subscribe = (index: number, onMessage: () => void) => Promise<Subscriber>;

/** Connects so many and waits until each has had a first message. */
async function connect(count: number, subscribe: Subscribe): Promise<Subscriber[]> {
  const connected: Subscriber[] = [];
  const everybody = Promise.withResolvers<void>();
  let greeted = 0;
  for (let from = 0; from < count; from += 100) {
    const some = Array.from({ length: 100 }, (_, i) => {
      let isFirst = true;
      return subscribe(from + i, () => {
        if (isFirst) greeted += 1;
        isFirst = false;
        if (greeted === count) everybody.resolve();
      });
    });
    connected.push(...(await Promise.all(some)));
  }
  await everybody.promise;
  // Lets what only the connecting needed be over.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return connected;
}

/** A few come and go first: compiled code and the like are not the subscribers'. */
async function growthOf(child: Child, subscribe: Subscribe): Promise<Growth> {
  for (const early of await connect(300, subscribe)) early.leave();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const before = await child.memory();
  const connected = await connect(subscribers, subscribe);
  const after = await child.memory();
  for (const subscriber of connected) subscriber.leave();
  const each = (what: "rss" | "heapUsed") => (after[what] - before[what]) / 1024 / subscribers;
  return { resident: each("rss"), heap: each("heapUsed") };
}

function broken(error: Error): void {
  throw error;
}

async function veza(nodeOptions: readonly string[] = []): Promise<Growth> {
  await using stack = new AsyncDisposableStack();
  const app = await startOwnApp(stack, { people: Math.ceil(subscribers / streamsEach), nodeOptions });
  const roomId = await app.room("bench");
  const body = subscribeBody(roomId);
  return await growthOf(app.child, (index, onMessage) => {
    const token = app.people[Math.floor(index / streamsEach)]?.accessToken ?? "";
    return subscribeH2({ port: app.chatPort, path: streamPath, headers: grpcHeaders(token) }, body, onMessage, broken);
  });
}

async function bareHttp2(nodeOptions: readonly string[] = []): Promise<Growth> {
  const child = await startChild("bare http2", "bare-http2.ts", {}, nodeOptions);
  try {
    const endpoint = { port: child.ready.port, path: streamPath, headers: grpcHeaders("nobody".repeat(50)) };
    return await growthOf(child, (_index, onMessage) =>
      subscribeH2(endpoint, framed(new Uint8Array(0)), onMessage, broken),
    );
  } finally {
    await child.end();
  }
}

/**
 * V8's young generation grows with what comes and goes, up to 48 MB however many subscribers there are. Kept at its
 * smallest in both, what remains is theirs.
 */
const smallYoung = ["--max-semi-space-size=1"];

const own: Growth[] = [];
const bare: Growth[] = [];
const ownSmall: Growth[] = [];
const bareSmall: Growth[] = [];
for (let round = 0; round < rounds; round += 1) {
  own.push(await veza());
  bare.push(await bareHttp2());
  ownSmall.push(await veza(smallYoung));
  bareSmall.push(await bareHttp2(smallYoung));
}
const residentOf = (growths: readonly Growth[]): number => median(growths.map((each) => each.resident));
const [resident, bareResident] = [residentOf(own), residentOf(bare)];
const [residentSmall, bareResidentSmall] = [residentOf(ownSmall), residentOf(bareSmall)];
const over = resident - bareResident;
const peer = "bare http2";
report({
  bench: "idle",
  quick: options.quick,
  rows: [
    { what: "idle subscriber, resident", unit: "KB", ours: resident, peer: { name: peer, value: bareResident } },
    {
      what: "idle subscriber, heap",
      unit: "KB",
      ours: median(own.map(({ heap }) => heap)),
      peer: { name: peer, value: median(bare.map(({ heap }) => heap)) },
    },
    {
      what: "idle subscriber, resident over bare http2",
      unit: "KB",
      ours: over,
      first: within(over, 27, "KB"),
      end: within(over, 11, "KB"),
    },
    {
      what: "the same with the smallest young generation in both",
      unit: "KB",
      ours: residentSmall,
      peer: { name: peer, value: bareResidentSmall },
    },
    { what: "the same over bare http2", unit: "KB", ours: residentSmall - bareResidentSmall },
  ],
  notes: [`${subscribers} subscribers, one per connection, ${rounds} processes each, after a full collection`],
});
