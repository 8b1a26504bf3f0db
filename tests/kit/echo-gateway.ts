import { createForwarder, type Forwarded } from "#src/net/forward/forward.ts";
import { H1Exchange } from "#src/net/h1-exchange.ts";
import { H2Exchange } from "#src/net/h2-exchange.ts";
import { openPort } from "#src/net/one-port.ts";
import { createUpstream, type Upstream } from "#src/net/upstream/upstream.ts";
import { createClusterCredential } from "#src/platform/access/cluster-credential.ts";
import { systemClock } from "#src/platform/clock.ts";
import { createLog } from "#src/platform/log.ts";
import { EchoService } from "./echo.ts";

/** A port that passes calls of the echo service on, and has nothing of its own. */
export interface EchoGateway extends AsyncDisposable {
  readonly url: string;
  readonly upstream: Upstream;
  /** What became of the calls, as they ended. */
  readonly forwarded: readonly Forwarded[];
  /** Ends streams as a process that stops does. */
  stop(): void;
}

export async function openEchoGateway(partUrls: readonly string[]): Promise<EchoGateway> {
  const log = createLog({ level: "silent", format: "json" });
  const upstream = createUpstream({ name: "echo", urls: partUrls, log, ca: undefined });
  const shutdown = new AbortController();
  const forwarded: Forwarded[] = [];
  const { serve } = createForwarder({
    routes: [{ upstream, services: [EchoService], paths: [] }],
    cluster: createClusterCredential({ secret: "echo", clock: systemClock }),
    log,
    shutdown: shutdown.signal,
    onEnd: (each) => void forwarded.push(each),
  });
  const port = await openPort({
    name: "echo gateway",
    host: "127.0.0.1",
    port: 0,
    tls: undefined,
    log,
    onHttp1(request, response) {
      const exchange = new H1Exchange(request, response);
      if (!serve(exchange)) exchange.respond(404, {}, undefined);
    },
    onHttp2(stream, headers) {
      const exchange = new H2Exchange(stream, headers);
      if (!serve(exchange)) exchange.respond(404, {}, undefined);
    },
  });
  return {
    url: `http://127.0.0.1:${port.address.port}`,
    upstream,
    forwarded,
    stop: () => shutdown.abort(),
    async [Symbol.asyncDispose]() {
      await port.close(100);
      upstream[Symbol.dispose]();
    },
  };
}
