import { readFile } from "node:fs/promises";
import { createSecureContext, rootCertificates } from "node:tls";
import type { DescService } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { Health } from "#gen/grpc/health/v1/health_pb.ts";
import { ServerReflection as ReflectionV1 } from "#gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ReflectionV1Alpha } from "#gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { AccountExportService } from "#gen/veza/internal/v1/account_export_service_pb.ts";
import { BusRelayService } from "#gen/veza/internal/v1/bus_relay_service_pb.ts";
import { accountExportEndpoint } from "../gateway/account-export.ts";
import { audioEndpoints } from "../gateway/audio.ts";
import { createCallers } from "../gateway/callers.ts";
import { fileEndpoints } from "../gateway/files.ts";
import { createGateway, type Gateway } from "../gateway/index.ts";
import { partHealth } from "../gateway/part-health.ts";
import type { Exchange } from "../net/exchange.ts";
import { createForwarder } from "../net/forward/forward.ts";
import { countForwarded } from "../net/forward/forward-metrics.ts";
import { forwardedHeader } from "../net/forward/headers.ts";
import { createSplice } from "../net/forward/splice.ts";
import { H1Exchange } from "../net/h1-exchange.ts";
import { H2Exchange } from "../net/h2-exchange.ts";
import { metricsEndpoint } from "../net/metrics-endpoint.ts";
import { openPort, type Port, type PortNeeds } from "../net/one-port.ts";
import { createRpcServer } from "../net/rpc/rpc-server.ts";
import { clusterSecretOf, createClusterCredential } from "../platform/access/cluster-credential.ts";
import { followRevocations } from "../platform/access/followed-revocations.ts";
import { type Config, ConfigError, type Neighbour, neighbours, type Part } from "../platform/config.ts";
import { Failure, Reason } from "../platform/failure.ts";
import { limits } from "../platform/limits.ts";
import type { Platform } from "../platform/platform.ts";
import { createCallReports } from "../rpc/call-reports.ts";
import { createChain } from "../rpc/chain.ts";
import { createGate } from "../rpc/gate.ts";
import { createHealthState, healthRoutes } from "../rpc/health.ts";
import { remoteAccountExport, serveAccountExport } from "../rpc/peers/account-export.ts";
import { serveAuthPeer } from "../rpc/peers/auth-peer.ts";
import { bridgeBus } from "../rpc/peers/bus-bridge.ts";
import { serveBusRelay } from "../rpc/peers/bus-relay.ts";
import { serveChatPeer } from "../rpc/peers/chat-peer.ts";
import { serveStreamPeer } from "../rpc/peers/stream-peer.ts";
import { createRateLimit, unlimited } from "../rpc/rate-limit.ts";
import { reflectionRoutes } from "../rpc/reflection.ts";
import { type ServiceRoutes, withUnbuilt } from "../rpc/routes.ts";
import { warmValidation } from "../rpc/validate.ts";
import { testServicesOf } from "./built-in-user.ts";
import { crossingSubjects } from "./crossing-subjects.ts";
import { createElsewhere } from "./elsewhere.ts";
import { contract, forwardRoutes } from "./forward-routes.ts";
import { createPlatform, type PlatformOverrides } from "./platform.ts";
import { probesOf } from "./probes.ts";
import { observeBuild, observeCertificate, observePort } from "./process-metrics.ts";
import { createServices } from "./services.ts";
import { version } from "./version.ts";

export interface App {
  readonly platform: Platform;
  /** Where each part listens, as `http://host:port` or `https://host:port`. Parts that do not run here are missing. */
  readonly addresses: { readonly gateway?: string; readonly chat?: string; readonly stream?: string };
  /** Says goodbye to those who are connected, finishes what was begun, and closes everything. */
  stop(): Promise<void>;
}

/** Services that anyone may call: they tell nothing that the contract does not. */
const publicServices = new Set([Health.typeName, ReflectionV1.typeName, ReflectionV1Alpha.typeName]);

/** Builds everything that the configuration names, in order, and opens its ports. What fails is undone, then thrown. */
export async function startApp(config: Config, overrides: PlatformOverrides = {}): Promise<App> {
  await using built = new AsyncDisposableStack();
  // Before anything is made: a start that is refused leaves nothing behind.
  const tls = await readTls(config);
  // First, so that it is closed last: what the others tell at their end is sent as well.
  const otlp =
    config.otlp === undefined
      ? undefined
      : built.use(
          await (await import("../platform/telemetry/otlp.ts")).openOtlp(config.otlp, {
            name: serviceName(config),
            version,
          }),
        );
  const platform = built.use(await createPlatform(config, { tracing: otlp?.tracing, ...overrides }));
  await otlp?.sendMetrics(platform.metrics);
  const { log, clock } = platform;
  const { metrics } = platform;
  observeBuild(metrics);
  if (tls !== undefined) observeCertificate(metrics, tls.cert);
  const shutdown = new AbortController();
  const health = createHealthState();

  const cluster = createClusterCredential({ secret: await clusterSecretOf(platform), clock });
  const ca = tls === undefined ? undefined : [...rootCertificates, tls.cert];
  const elsewhere = built.use(createElsewhere({ platform, cluster, ca }));

  const addresses: { gateway?: string; chat?: string; stream?: string } = {};
  const publicUrl = () =>
    config.publicUrl ??
    addresses.gateway ??
    // The gateway is where auth is.
    config.elsewhere.auth?.[0] ??
    `http://${config.host}:${config.ports.gateway}`;
  const services = built.use(
    await createServices({ config, platform, elsewhere, publicUrl, shutdown: shutdown.signal }),
  );
  const { auth, chat, streams, peers, verifier } = services;
  // One process of each part needs no NATS: what they tell each other goes by way of the one with auth.
  if (config.nats === undefined && auth === undefined) {
    const client = elsewhere.clientOf("auth", BusRelayService);
    built.use(bridgeBus({ bus: platform.bus, client, log, ...crossingSubjects(config.parts) }));
  }
  // Tokens outlive processes; so does the knowledge of which of them are over.
  built.use(await followRevocations({ ...platform, revokedSince: peers.auth.revokedSince }));

  const reports = createCallReports(platform);
  const gate = createGate({
    verifier,
    cluster,
    publicServices,
    rateLimit: config.rateLimit ? createRateLimit({ clock }) : unlimited,
    reports,
  });
  const validator = createValidator();
  const chain = createChain({ ...platform, reports, validator });
  /** What each service answers to everybody, and what only to other processes. */
  const outer = {
    auth: auth && withUnbuilt(auth.routes),
    chat: chat && withUnbuilt(chat.routes),
    stream: streams && withUnbuilt(streams.routes),
  };
  const exportersHere = { auth: auth?.exporter, chat: chat?.exporter, stream: streams?.exporter };
  const forProcesses = [serveBusRelay(platform.bus), serveAccountExport(exportersHere)];
  const inner = {
    auth: auth && serveAuthPeer(auth.peer),
    chat: chat && serveChatPeer(chat.peer),
    stream: streams && serveStreamPeer(streams.peer),
  };
  const all = present(Object.values(outer));
  warmValidation(
    validator,
    all.flatMap(({ service }) => service.methods.map(({ input }) => input)),
  );

  const probes = probesOf(peers);
  const canVerify = async () => {
    if (!services.canVerify()) throw new Error("the keys of auth are not known yet");
  };
  const here = (Object.keys(probes) as Neighbour[]).filter((name) => outer[name] !== undefined);
  const needed = [canVerify, ...here.map((name) => probes[name])];

  const serveMetrics = metricsEndpoint(platform);
  const callers = createCallers({ verifier, log, clock, proxies: platform.proxies, config });
  const serveAudio = streams && audioEndpoints({ audio: streams.http, callers });
  const serveAccount = accountExportEndpoint({
    exporters: neighbours.map(
      (name) => exportersHere[name] ?? remoteAccountExport(elsewhere.clientOf(name, AccountExportService), name),
    ),
    callers,
    log,
  });
  const serveFiles = chat && fileEndpoints({ files: chat.http, callers });
  const forwarder = createForwarder({
    routes: forwardRoutes(elsewhere),
    cluster,
    log,
    tracing: platform.tracing,
    shutdown: shutdown.signal,
    onEnd: countForwarded(platform.metrics),
  });
  const gateway =
    auth &&
    createGateway({
      platform,
      version,
      isServing: () => health.isServing,
      jwks: () => auth.jwks(),
      probes,
      busProbe: config.nats === undefined ? undefined : () => platform.bus.probe(),
      needed,
      testServices: testServicesOf(all, chain.interceptor, elsewhere),
    });
  const streamsElsewhere = elsewhere.upstreamOf("stream");
  const onSource =
    streams?.onSource ??
    (streamsElsewhere && createSplice({ upstream: streamsElsewhere, ca, log, shutdown: shutdown.signal }));
  const isServing = () => health.isServing;
  const servedBy = (neighbour: Neighbour) => ({
    services: [...present([outer[neighbour], inner[neighbour]]), ...forProcesses],
    reflected: present([outer[neighbour]]).map(({ service }) => service),
  });
  const parts: Readonly<Record<Part, ServedPart>> = {
    gateway: {
      services: [...all, ...present(Object.values(inner)), ...forProcesses],
      reflected: contract,
      http: [serveMetrics, serveAccount, ...present([serveAudio, serveFiles]), forwarder.serve],
      fallback: gateway,
      onSource,
    },
    chat: {
      ...servedBy("chat"),
      http: [serveMetrics, partHealth({ isServing, probes: [canVerify, probes.chat] }), ...present([serveFiles])],
    },
    stream: {
      ...servedBy("stream"),
      http: [serveMetrics, partHealth({ isServing, probes: [canVerify, probes.stream] }), ...present([serveAudio])],
      onSource,
    },
  };

  function rpcServer({ services: served, reflected }: ServedPart) {
    return createRpcServer({
      services: [
        ...served,
        healthRoutes(
          reflected.map(({ typeName }) => typeName),
          health,
          elsewhere,
        ),
        ...reflectionRoutes([...reflected, Health]),
      ],
      gate,
      chain,
      log,
      reports,
      proxies: platform.proxies,
      shutdown: shutdown.signal,
    });
  }
  /** Whom a request is for, where a gateway of the cluster passes it on. */
  function cameFrom(forwarded: string | undefined): string | undefined {
    const [token = "", address] = forwarded?.split(" ") ?? [];
    return address !== undefined && cluster.accepts(token) ? address : undefined;
  }

  const ports: Port[] = [];
  built.defer(async () => {
    await Promise.all(ports.map((port) => port.close(limits.port.drainMs)));
  });
  for (const part of config.parts) {
    const served = parts[part];
    const { fallback } = served;
    const rpc = rpcServer(served);
    const serve = (exchange: Exchange): boolean =>
      rpc.serve(exchange) || served.http.some((handler) => handler(exchange));
    const port = await openPort({
      name: part,
      host: config.host,
      port: config.ports[part],
      tls,
      log,
      onSource: served.onSource,
      onHttp1(request, response) {
        const exchange = new H1Exchange(request, response);
        if (serve(exchange)) return;
        if (fallback === undefined) exchange.respond(404, plainText, notHere);
        else fallback.onHttp1(request, response);
      },
      onHttp2(stream, headers) {
        const exchange = new H2Exchange(stream, headers, cameFrom(headers[forwardedHeader] as string | undefined));
        if (serve(exchange)) return;
        if (fallback === undefined) exchange.respond(404, plainText, notHere);
        else fallback.onHttp2(stream, headers);
      },
    });
    ports.push(port);
    observePort(metrics, part, port);
    addresses[part] = `${tls === undefined ? "http" : "https"}://${port.address.host}:${port.address.port}`;
  }

  const running = built.move();
  let stopped: Promise<void> | undefined;
  return {
    platform,
    addresses,
    stop() {
      stopped ??= (async () => {
        health.stop();
        shutdown.abort(
          new Failure(Reason.UNAVAILABLE, { sentence: "the service is stopping: connect again", retryAfterMs: 1000 }),
        );
        await running.disposeAsync();
      })();
      return stopped;
    },
  };
}

/** What this process is called in traces: a part of it that runs alone has a name of its own. */
function serviceName({ parts }: Config): string {
  return parts.length === 3 ? "veza" : `veza-${parts.join("-")}`;
}

/** What one port serves. */
interface ServedPart {
  readonly services: readonly ServiceRoutes[];
  /** What reflection and health tell of: the contract, and nothing of what processes ask each other. */
  readonly reflected: readonly DescService[];
  /** Asked in turn for what is no call. */
  readonly http: readonly ((exchange: Exchange) => boolean)[];
  readonly fallback?: Gateway | undefined;
  readonly onSource?: PortNeeds["onSource"];
}

function present<Each>(some: readonly (Each | undefined)[]): Each[] {
  return some.filter((each) => each !== undefined);
}

const plainText = { "content-type": "text/plain" };
const notHere = Buffer.from("no such method on this port\n");

/** Reads and tries the certificate and its key. Throws ConfigError for what cannot be used. */
async function readTls(config: Config): Promise<{ cert: string; key: string } | undefined> {
  if (config.tls === undefined) return undefined;
  try {
    const [cert, key] = await Promise.all([readFile(config.tls.cert, "utf8"), readFile(config.tls.key, "utf8")]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (error) {
    throw new ConfigError([`VEZA_TLS_CERT, VEZA_TLS_KEY: ${(error as Error).message}`]);
  }
}
