import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createTransport } from "@connectrpc/connect/protocol-connect";
import { httpClientOf } from "../net/upstream/http-client.ts";
import { createUpstream, type Upstream } from "../net/upstream/upstream.ts";
import { observeUpstream } from "../net/upstream/upstream-metrics.ts";
import type { ClusterCredential } from "../platform/access/cluster-credential.ts";
import { type Neighbour, neighbours, partOf } from "../platform/config.ts";
import { limits } from "../platform/limits.ts";
import type { Platform } from "../platform/platform.ts";
import { throwingFailures } from "../rpc/failures.ts";
import type { HealthElsewhere } from "../rpc/health.ts";
import { traceCalls } from "../rpc/trace-calls.ts";

/** The services that run in other processes. */
export interface Elsewhere extends HealthElsewhere, Disposable {
  /** Where a service is; undefined for one that runs here. */
  upstreamOf(neighbour: Neighbour): Upstream | undefined;
  /** Calls a service as a process of the cluster; undefined for one that runs here. */
  transportOf(neighbour: Neighbour): Transport | undefined;
  /** The same for what only processes call: answers in time or not at all, and throws the Failure that was thrown there. */
  clientOf<Service extends DescService>(neighbour: Neighbour, service: Service): Client<Service>;
}

export function createElsewhere(needs: {
  platform: Platform;
  cluster: ClusterCredential;
  /** PEM certificates that are trusted besides the usual ones. */
  ca: readonly string[] | undefined;
}): Elsewhere {
  const { platform, cluster, ca } = needs;
  const { config, log, metrics, tracing } = platform;
  const upstreams = new Map<Neighbour, Upstream>();
  for (const neighbour of neighbours) {
    if (config.parts.includes(partOf[neighbour])) continue;
    const urls = config.elsewhere[neighbour] ?? [];
    const upstream = createUpstream({ name: neighbour, urls, log, ca });
    upstreams.set(neighbour, upstream);
    observeUpstream(metrics, upstream);
  }

  const asProcess: Interceptor = (next) => (request) => {
    request.header.set("authorization", `Veza-Cluster ${cluster.token()}`);
    return next(request);
  };
  const transportTo = (upstream: Upstream, ...interceptors: Interceptor[]) =>
    createTransport({
      httpClient: httpClientOf(upstream),
      baseUrl: `http://${upstream.name}`,
      useBinaryFormat: true,
      interceptors: [...(tracing === undefined ? [] : [traceCalls(tracing)]), ...interceptors, asProcess],
      acceptCompression: [],
      sendCompression: null,
      compressMinBytes: limits.rpc.compressAboveBytes,
      readMaxBytes: 0xffffffff,
      writeMaxBytes: 0xffffffff,
    });

  return {
    upstreamOf: (neighbour) => upstreams.get(neighbour),
    transportOf(neighbour) {
      const upstream = upstreams.get(neighbour);
      return upstream === undefined ? undefined : transportTo(upstream);
    },
    clientOf(neighbour, service) {
      const upstream = upstreams.get(neighbour);
      if (upstream === undefined) throw new Error(`${neighbour} runs in this process`);
      return throwingFailures(createClient(service, transportTo(upstream, inTime)), service, neighbour);
    },
    isUp(serviceName) {
      const neighbour = neighbours.find((each) => serviceName.startsWith(`veza.${each}.`));
      return neighbour === undefined || (upstreams.get(neighbour)?.isUp ?? true);
    },
    onChange(listener) {
      const all = new DisposableStack();
      for (const upstream of upstreams.values()) all.use(upstream.onChange(listener));
      return all;
    },
    [Symbol.dispose]() {
      for (const upstream of upstreams.values()) upstream[Symbol.dispose]();
    },
  };
}

/** An answer is there in time or not at all; a stream may last. */
const inTime: Interceptor = (next) => (request) => {
  if (request.stream) return next(request);
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(limits.peers.askMs)]);
  return next({ ...request, signal });
};
