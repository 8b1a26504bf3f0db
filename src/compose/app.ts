import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { createValidator } from "@bufbuild/protovalidate";
import { Health } from "#gen/grpc/health/v1/health_pb.ts";
import { ServerReflection as ReflectionV1 } from "#gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ReflectionV1Alpha } from "#gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { createAuth } from "../auth/index.ts";
import { createChat } from "../chat/index.ts";
import { createGateway } from "../gateway/index.ts";
import { H1Exchange } from "../net/h1-exchange.ts";
import { H2Exchange } from "../net/h2-exchange.ts";
import { metricsEndpoint } from "../net/metrics-endpoint.ts";
import { openPort, type Port } from "../net/one-port.ts";
import { createRpcServer } from "../net/rpc/rpc-server.ts";
import { type Config, ConfigError, type Part } from "../platform/config.ts";
import { Failure, Reason } from "../platform/failure.ts";
import { limits } from "../platform/limits.ts";
import type { Peers } from "../platform/peers/peers.ts";
import type { Platform } from "../platform/platform.ts";
import type { Metrics } from "../platform/telemetry/metrics.ts";
import { createCallReports } from "../rpc/call-reports.ts";
import { interceptorChain } from "../rpc/chain.ts";
import { createGate } from "../rpc/gate.ts";
import { createHealthState, healthRoutes } from "../rpc/health.ts";
import { createRateLimit, unlimited } from "../rpc/rate-limit.ts";
import { reflectionRoutes } from "../rpc/reflection.ts";
import { type ServiceRoutes, withUnbuilt } from "../rpc/routes.ts";
import { warmValidation } from "../rpc/validate.ts";
import { createStreams } from "../stream/index.ts";
import { testServicesOf } from "./built-in-user.ts";
import { createPlatform, type PlatformOverrides } from "./platform.ts";
import { probesOf } from "./probes.ts";
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
  const platform = built.use(await createPlatform(config, overrides));
  const { log, clock } = platform;
  const shutdown = new AbortController();
  const health = createHealthState();

  let found: Peers | undefined;
  const peers = (): Peers => {
    if (found === undefined) throw new Error("a service asked another before all of them were built");
    return found;
  };
  const auth = built.use(await createAuth({ platform, peers }));
  const addresses: { gateway?: string; chat?: string; stream?: string } = {};
  const publicUrl = () => config.publicUrl ?? addresses.gateway ?? `http://${config.host}:${config.ports.gateway}`;
  const streams = built.use(await createStreams({ platform, peers, publicUrl, shutdown: shutdown.signal }));
  const chat = built.use(await createChat({ platform, peers }));
  found = { auth: auth.peer, chat: chat.peer, stream: streams.peer };
  await streams.begin();

  const reports = createCallReports(platform);
  const gate = createGate({
    verifier: auth.verifier,
    publicServices,
    rateLimit: config.rateLimit ? createRateLimit({ clock }) : unlimited,
    reports,
  });
  const validator = createValidator();
  const interceptors = interceptorChain({ ...platform, reports, validator });
  const services = {
    auth: withUnbuilt(auth.routes),
    chat: withUnbuilt(chat.routes),
    stream: withUnbuilt(streams.routes),
  };
  const all = Object.values(services);
  warmValidation(
    validator,
    all.flatMap(({ service }) => service.methods.map(({ input }) => input)),
  );

  function rpcServer(served: readonly ServiceRoutes[]) {
    const reflected = [...served.map(({ service }) => service), Health];
    return createRpcServer({
      services: [
        ...served,
        healthRoutes(
          served.map(({ service }) => service.typeName),
          health,
        ),
        ...reflectionRoutes(reflected),
      ],
      gate,
      interceptors,
      log,
      reports,
      proxies: platform.proxies,
      shutdown: shutdown.signal,
    });
  }

  const gateway = createGateway({
    platform,
    version,
    isServing: () => health.isServing,
    jwks: () => auth.jwks(),
    probes: probesOf(found),
    testServices: testServicesOf([services.chat, services.stream], interceptors),
    audio: streams.http,
    verifier: auth.verifier,
  });
  const serveMetrics = metricsEndpoint(platform);
  const parts = {
    gateway: { services: all, fallback: gateway, onSource: streams.onSource },
    chat: { services: [services.chat], fallback: undefined, onSource: undefined },
    stream: { services: [services.stream], fallback: undefined, onSource: undefined },
  };

  const ports: Port[] = [];
  built.defer(async () => {
    await Promise.all(ports.map((port) => port.close(limits.port.drainMs)));
  });
  for (const part of config.parts) {
    const { services: served, fallback, onSource } = parts[part];
    const rpc = rpcServer(served);
    const port = await openPort({
      name: part,
      host: config.host,
      port: config.ports[part],
      tls,
      log,
      onSource,
      onHttp1(request, response) {
        const exchange = new H1Exchange(request, response);
        if (rpc.serve(exchange) || serveMetrics(exchange) || fallback?.serveAudio(exchange)) return;
        if (fallback === undefined) exchange.respond(404, plainText, notHere);
        else fallback.onHttp1(request, response);
      },
      onHttp2(stream, headers) {
        const exchange = new H2Exchange(stream, headers);
        if (rpc.serve(exchange) || serveMetrics(exchange) || fallback?.serveAudio(exchange)) return;
        if (fallback === undefined) exchange.respond(404, plainText, notHere);
        else fallback.onHttp2(stream, headers);
      },
    });
    ports.push(port);
    observePort(platform.metrics, part, port);
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

/** Who is connected, by port and by what is spoken. */
function observePort(metrics: Metrics, part: Part, port: Port): void {
  metrics.observe(
    "gauge",
    { name: "veza.port.connections", unit: "{connection}", help: "Open connections, by port and version of HTTP." },
    () => {
      const { h1, h2 } = port.spoken;
      return [
        [{ port: part, protocol: "http/1.1" }, h1],
        [{ port: part, protocol: "h2" }, h2],
      ];
    },
  );
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
