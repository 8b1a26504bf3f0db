import { type Child, startChild } from "./kit/child.ts";
import { h1Load } from "./kit/h1-load.ts";
import { h2Load } from "./kit/h2-load.ts";
import { readOptions } from "./kit/options.ts";
import { atLeast, type Row, report, within } from "./kit/report.ts";
import { alternate, type Contender, type Sample } from "./kit/rounds.ts";
import { quantile } from "./kit/statistics.ts";
import { framed, grpcHeaders, jsonHeaders, unaryBinary, unaryJson, unaryPath } from "./kit/unary-call.ts";
import { unaryContender } from "./kit/unary-contender.ts";

// A unary call through Veza's whole chain beside servers that do less: connect-node and grpc-js without gate, interceptors,
// validation and log, and Node's own HTTP that only sends back what it got.
const options = readOptions();
const inFlight = 64;
await using servers = new AsyncDisposableStack();

async function start(name: string, file: string, env?: Record<string, string>): Promise<Child> {
  const child = await startChild(name, file, env);
  servers.defer(() => child.end());
  return child;
}

async function grpc(name: string, child: Child): Promise<Contender> {
  const load = await h2Load({
    port: child.ready.port,
    path: unaryPath,
    headers: grpcHeaders(String(child.ready.token ?? "nobody")),
    body: () => grpcBody,
    inFlight,
    connections: 4,
  });
  servers.defer(() => load.close());
  return unaryContender(name, child, load);
}

function json(name: string, child: Child): Contender {
  const load = h1Load({
    port: child.ready.port,
    path: unaryPath,
    headers: jsonHeaders(String(child.ready.token ?? "nobody")),
    body: unaryJson,
    inFlight,
  });
  return unaryContender(name, child, load);
}

const grpcBody = framed(unaryBinary);
const own = await start("veza", "own-unary.ts");
const contenders = [
  await grpc("veza grpc", own),
  await grpc("connect-node grpc", await start("connect-node", "connect-node.ts")),
  await grpc("grpc-js", await start("grpc-js", "grpc-js.ts")),
  await grpc("bare http2", await start("bare-http2", "bare-http2.ts")),
  json("veza json", own),
  json("connect-node json", await start("connect-node-h1", "connect-node.ts", { BENCH_HTTP: "1.1" })),
  json("bare http1", await start("bare-http1", "bare-http1.ts")),
].filter(({ name }) => options.only === undefined || name.includes(options.only));
const found = await alternate(contenders, options);

const oneByOne = await h2Load({
  port: own.ready.port,
  path: unaryPath,
  headers: grpcHeaders(String(own.ready.token)),
  body: () => grpcBody,
  inFlight: 1,
  connections: 1,
  timed: true,
});
servers.defer(() => oneByOne.close());
await oneByOne.run(options.warmMs / 2);
const { latencies } = await oneByOne.run(options.roundMs * 2);

const missing: Sample = { callsPerSecond: Number.NaN, cpuPerCall: Number.NaN, loadBusy: 0, serverBusy: 0 };
const of = (name: string): Sample => found.get(name) ?? missing;
const rate = (name: string): number => of(name).callsPerSecond as number;
const cpu = (name: string): number => of(name).cpuPerCall as number;

const rows: Row[] = [];
for (const [ours, ...peers] of [
  ["veza grpc", "connect-node grpc", "grpc-js", "bare http2"],
  ["veza json", "connect-node json", "bare http1"],
] as const) {
  for (const peer of peers) {
    const bars =
      peer === "connect-node grpc"
        ? { first: atLeast(rate(ours), 2, "connect-node", rate(peer)) }
        : peer === "grpc-js"
          ? { end: atLeast(rate(ours), 1.2, "grpc-js", rate(peer)) }
          : {};
    rows.push({ what: ours, unit: "calls/s", ours: rate(ours), peer: { name: peer, value: rate(peer) }, ...bars });
  }
  for (const peer of peers) {
    rows.push({ what: ours, unit: "µs CPU/call", ours: cpu(ours), peer: { name: peer, value: cpu(peer) } });
  }
}
const p50 = quantile(latencies, 0.5);
const p99 = quantile(latencies, 0.99);
rows.push(
  { what: "veza grpc, one at a time, p50", unit: "ms", ours: p50, end: within(p50, 0.5, "ms") },
  {
    what: "veza grpc, one at a time, p99",
    unit: "ms",
    ours: p99,
    first: within(p99, 5, "ms"),
    end: within(p99, 2, "ms"),
  },
);

const busy = (name: string) =>
  `${name} ${Math.round((of(name).serverBusy as number) * 100)}/${Math.round((of(name).loadBusy as number) * 100)}`;
report({
  bench: "unary",
  quick: options.quick,
  rows,
  notes: [
    `${inFlight} calls in flight, on 4 connections (gRPC) or ${inFlight} (HTTP/1.1)`,
    `CPU of server/load in % of a core: ${contenders.map(({ name }) => busy(name)).join(", ")}; a load near 100 is the bottleneck`,
  ],
});
