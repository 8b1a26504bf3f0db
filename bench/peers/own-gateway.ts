import { setTimeout as pause } from "node:timers/promises";
import { ChatService } from "../../gen/veza/chat/v1/chat_service_pb.ts";
import { createForwarder } from "../../src/net/forward/forward.ts";
import { countForwarded } from "../../src/net/forward/forward-metrics.ts";
import { H1Exchange } from "../../src/net/h1-exchange.ts";
import { H2Exchange } from "../../src/net/h2-exchange.ts";
import { openPort } from "../../src/net/one-port.ts";
import { createUpstream } from "../../src/net/upstream/upstream.ts";
import { createClusterCredential } from "../../src/platform/access/cluster-credential.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { createLog } from "../../src/platform/log.ts";
import { createMetrics } from "../../src/platform/telemetry/metrics.ts";
import { serveParent } from "../kit/serve.ts";

// A gateway of Veza that has nothing of its own: what it costs to pass a call on to the part at BENCH_PART_PORT.
const log = createLog({ level: "info", format: "json" });
const urls = [`http://127.0.0.1:${process.env.BENCH_PART_PORT}`];
const upstream = createUpstream({ name: "chat", urls, log, ca: undefined });
const forwarder = createForwarder({
  routes: [{ upstream, services: [ChatService], paths: [] }],
  cluster: createClusterCredential({ secret: "bench", clock: systemClock }),
  log,
  tracing: undefined,
  shutdown: new AbortController().signal,
  onEnd: countForwarded(createMetrics()),
});
const port = await openPort({
  name: "bench",
  host: "127.0.0.1",
  port: 0,
  tls: undefined,
  log,
  onHttp1: (request, response) => void forwarder.serve(new H1Exchange(request, response)),
  onHttp2: (stream, headers) => void forwarder.serve(new H2Exchange(stream, headers)),
});
while (!upstream.isUp) await pause(20);
serveParent({ port: port.address.port });
