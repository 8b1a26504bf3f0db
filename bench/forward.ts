import { type Child, startChild } from "./kit/child.ts";
import { h1Load } from "./kit/h1-load.ts";
import { h2Load } from "./kit/h2-load.ts";
import { readOptions } from "./kit/options.ts";
import { type Row, report } from "./kit/report.ts";
import { alternate, type Sample } from "./kit/rounds.ts";
import { quantile } from "./kit/statistics.ts";
import { framed, grpcHeaders, jsonHeaders, unaryBinary, unaryJson, unaryPath } from "./kit/unary-call.ts";
import { unaryContender } from "./kit/unary-contender.ts";

// What it costs to pass a unary call on: the same part asked by itself, and through a gateway of a process of its own. A bare
// server of Node's HTTP/2, which only sends back what it got, says what one end of a call costs at least, and a bare proxy on
// Node's HTTP/2, which only passes on, what two of them do.
const options = readOptions();
const inFlight = 64;
await using servers = new AsyncDisposableStack();

async function start(name: string, file: string, env?: Record<string, string>): Promise<Child> {
  const child = await startChild(name, file, env);
  servers.defer(() => child.end());
  return child;
}

const part = await start("part", "own-unary.ts");
const toPart = { BENCH_PART_PORT: String(part.ready.port) };
const gateway = await start("gateway", "own-gateway.ts", toPart);
const token = String(part.ready.token);
const grpcBody = framed(unaryBinary);

async function grpc(name: string, child: Child) {
  const load = await h2Load({
    port: child.ready.port,
    path: unaryPath,
    headers: grpcHeaders(token),
    body: () => grpcBody,
    inFlight,
    connections: 4,
  });
  servers.defer(() => load.close());
  return unaryContender(name, child, load);
}
function json(name: string, child: Child) {
  const headers = jsonHeaders(token);
  return unaryContender(
    name,
    child,
    h1Load({ port: child.ready.port, path: unaryPath, headers, body: unaryJson, inFlight }),
  );
}

const found = await alternate(
  [
    await grpc("part grpc", part),
    await grpc("gateway grpc", gateway),
    await grpc("bare http2", await start("bare-http2", "bare-http2.ts")),
    await grpc("bare proxy", await start("bare-http2-proxy", "bare-http2-proxy.ts", toPart)),
    json("part json", part),
    json("gateway json", gateway),
  ],
  options,
);
const of = (name: string): Sample => found.get(name) as Sample;

async function latency(child: Child): Promise<readonly number[]> {
  const load = await h2Load({
    port: child.ready.port,
    path: unaryPath,
    headers: grpcHeaders(token),
    body: () => grpcBody,
    inFlight: 1,
    connections: 1,
    timed: true,
  });
  servers.defer(() => load.close());
  await load.run(options.warmMs / 2);
  return (await load.run(options.roundMs)).latencies;
}

const rows: Row[] = [];
for (const [what, key, unit] of [
  ["forwarded", "callsPerSecond", "calls/s"],
  ["forwarded, the gateway's own", "cpuPerCall", "µs CPU/call"],
] as const) {
  for (const form of ["grpc", "json"]) {
    const value = of(`part ${form}`)[key] as number;
    rows.push({
      what: `${what}, ${form}`,
      unit,
      ours: of(`gateway ${form}`)[key] as number,
      peer: { name: "direct", value },
    });
  }
  for (const name of ["bare http2", "bare proxy"]) {
    const value = of(name)[key] as number;
    rows.push({ what: `${what}, grpc`, unit, ours: of("gateway grpc")[key] as number, peer: { name, value } });
  }
}
const [direct, forwarded] = [await latency(part), await latency(gateway)];
for (const [name, at] of [
  ["p50", 0.5],
  ["p99", 0.99],
] as const) {
  rows.push({
    what: `forwarded, one at a time, ${name}`,
    unit: "ms",
    ours: quantile(forwarded, at),
    peer: { name: "direct", value: quantile(direct, at) },
  });
}
report({
  bench: "forward",
  quick: options.quick,
  rows,
  notes: [`${inFlight} calls in flight, on 4 connections (gRPC) or ${inFlight} (HTTP/1.1)`],
});
