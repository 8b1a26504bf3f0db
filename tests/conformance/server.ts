import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { createMetrics } from "#src/platform/telemetry/metrics.ts";
import { createCallReports } from "#src/rpc/call-reports.ts";
import { partHealth } from "../../src/gateway/part-health.ts";
import type { Exchange } from "../../src/net/exchange.ts";
import { createForwarder } from "../../src/net/forward/forward.ts";
import { H1Exchange } from "../../src/net/h1-exchange.ts";
import { H2Exchange } from "../../src/net/h2-exchange.ts";
import { openPort, type Port } from "../../src/net/one-port.ts";
import { createRpcServer } from "../../src/net/rpc/rpc-server.ts";
import { createUpstream } from "../../src/net/upstream/upstream.ts";
import { createClusterCredential } from "../../src/platform/access/cluster-credential.ts";
import { createRevocations } from "../../src/platform/access/revocations.ts";
import { createTrustedProxies } from "../../src/platform/access/trusted-proxies.ts";
import { createLocalBus } from "../../src/platform/bus/local-bus.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { limits } from "../../src/platform/limits.ts";
import { createLog } from "../../src/platform/log.ts";
import { createChain } from "../../src/rpc/chain.ts";
import { createGate } from "../../src/rpc/gate.ts";
import { unlimited } from "../../src/rpc/rate-limit.ts";
import {
  type ServerCompatRequest,
  ServerCompatRequestSchema,
  ServerCompatResponseSchema,
} from "./gen/connectrpc/conformance/v1/server_compat_pb.ts";
import { ConformanceService } from "./gen/connectrpc/conformance/v1/service_pb.ts";
import { conformanceRoutes } from "./service.ts";

/**
 * The server under test: the port, the gate and the interceptors of the product, with the suite's service behind them.
 * With `--forwarded` the suite talks to a gateway that passes all on to the port where the service is.
 * The suite says on stdin what it needs, is told on stdout where it is, and ends the process when it has seen enough.
 */
const request = await readRequest();
const log = createLog({
  level: process.env.VEZA_LOG_LEVEL ?? "silent",
  format: "json",
  destination: process.stderr,
});
const clock = systemClock;
const revocations = createRevocations({ bus: createLocalBus({ log }), clock });
const reports = createCallReports({ log, metrics: createMetrics() });
const rpc = createRpcServer({
  services: [conformanceRoutes],
  gate: createGate({
    verifier: {
      verify() {
        throw new Error("nobody signs in here");
      },
    },
    publicServices: new Set([ConformanceService.typeName]),
    rateLimit: unlimited,
    reports,
  }),
  chain: createChain({ log, reports, clock, revocations, validator: createValidator() }),
  log,
  reports,
  proxies: createTrustedProxies([]),
  shutdown: new AbortController().signal,
  messageBytes: request.messageReceiveLimit === 0 ? limits.rpc.messageBytes : request.messageReceiveLimit,
});

const creds = request.useTls ? request.serverCreds : undefined;
const cert = creds === undefined ? undefined : new TextDecoder().decode(creds.cert);
const tls = creds === undefined || cert === undefined ? undefined : { cert, key: new TextDecoder().decode(creds.key) };

function open(serve: (exchange: Exchange) => boolean, tls: { cert: string; key: string } | undefined): Promise<Port> {
  return openPort({
    name: "conformance",
    host: "127.0.0.1",
    port: 0,
    tls,
    log,
    onHttp1(request, response) {
      if (!serve(new H1Exchange(request, response))) response.writeHead(404).end();
    },
    onHttp2(stream, headers) {
      if (!serve(new H2Exchange(stream, headers))) stream.respond({ ":status": 404 }, { endStream: true });
    },
  });
}

/** A port that serves nothing itself. */
async function openForwarding(): Promise<Port> {
  const ready = partHealth({ isServing: () => true, probes: [] });
  const part = await open((exchange) => rpc.serve(exchange) || ready(exchange), undefined);
  const url = `http://${part.address.host}:${part.address.port}`;
  const upstream = createUpstream({ name: "conformance", urls: [url], log, ca: undefined });
  const forwarder = createForwarder({
    routes: [{ upstream, services: [ConformanceService], paths: [] }],
    cluster: createClusterCredential({ secret: "conformance", clock }),
    log,
    shutdown: new AbortController().signal,
  });
  return open(forwarder.serve, tls);
}

const port = process.argv.includes("--forwarded") ? await openForwarding() : await open(rpc.serve, tls);

const answer = toBinary(
  ServerCompatResponseSchema,
  create(ServerCompatResponseSchema, {
    host: port.address.host,
    port: port.address.port,
    pemCert: creds?.cert ?? new Uint8Array(0),
  }),
);
const length = Buffer.alloc(4);
length.writeUInt32BE(answer.length);
process.stdout.write(Buffer.concat([length, answer]));

/** One message behind its length, as four bytes in network order. */
async function readRequest(): Promise<ServerCompatRequest> {
  let seen = Buffer.alloc(0);
  for await (const chunk of process.stdin.iterator({ destroyOnReturn: false })) {
    seen = Buffer.concat([seen, chunk as Buffer]);
    if (seen.length < 4) continue;
    const end = 4 + seen.readUInt32BE(0);
    if (seen.length >= end) return fromBinary(ServerCompatRequestSchema, seen.subarray(4, end));
  }
  throw new Error("the suite left before it said what it needs");
}
