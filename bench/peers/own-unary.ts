import { createValidator } from "@bufbuild/protovalidate";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { ChatService } from "../../gen/veza/chat/v1/chat_service_pb.ts";
import { partHealth } from "../../src/gateway/part-health.ts";
import type { Exchange } from "../../src/net/exchange.ts";
import { H1Exchange } from "../../src/net/h1-exchange.ts";
import { H2Exchange } from "../../src/net/h2-exchange.ts";
import { openPort } from "../../src/net/one-port.ts";
import { createRpcServer } from "../../src/net/rpc/rpc-server.ts";
import { createJwtVerifier } from "../../src/platform/access/jwt-verifier.ts";
import { createRevocations } from "../../src/platform/access/revocations.ts";
import { createTrustedProxies } from "../../src/platform/access/trusted-proxies.ts";
import { createLocalBus } from "../../src/platform/bus/local-bus.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { createLog } from "../../src/platform/log.ts";
import { createMetrics } from "../../src/platform/telemetry/metrics.ts";
import { createCallReports } from "../../src/rpc/call-reports.ts";
import { createChain } from "../../src/rpc/chain.ts";
import { createGate } from "../../src/rpc/gate.ts";
import { unlimited } from "../../src/rpc/rate-limit.ts";
import { routes } from "../../src/rpc/routes.ts";
import { warmValidation } from "../../src/rpc/validate.ts";
import { serveParent } from "../kit/serve.ts";

// Veza's whole way of a call as the app builds it (port, gate, interceptors, validation, a log line and metrics for each call), with a
// handler that does nothing.
const issuer = "bench";
const audience = "veza";
const { publicKey, privateKey } = await generateKeyPair("EdDSA");
const { x } = await exportJWK(publicKey);
const now = Math.floor(Date.now() / 1000);
const token = await new SignJWT({ sid: x, username: "bench", role: "user", iat_ms: now * 1000 })
  .setProtectedHeader({ alg: "EdDSA", typ: "JWT", kid: "bench" })
  .setIssuer(issuer)
  .setAudience(audience)
  .setSubject("1")
  .setIssuedAt(now)
  .setExpirationTime(now + 3600)
  .sign(privateKey);

const log = createLog({ level: "info", format: "json" });
const clock = systemClock;
const revocations = createRevocations({ bus: createLocalBus({ log }), clock });
const verifier = createJwtVerifier({
  keys: async () => publicKey,
  algorithms: ["EdDSA"],
  issuer,
  audience,
  clock,
  revocations,
});
const validator = createValidator();
warmValidation(
  validator,
  ChatService.methods.map(({ input }) => input),
);
const reports = createCallReports({ log, metrics: createMetrics() });
const rpc = createRpcServer({
  services: [
    routes(ChatService, {
      sendMessage: ({ roomId, content }) => ({ message: { roomId, content } }),
    }),
  ],
  gate: createGate({ verifier, publicServices: new Set(), rateLimit: unlimited, reports }),
  chain: createChain({ log, reports, clock, revocations, validator }),
  log,
  reports,
  proxies: createTrustedProxies([]),
  shutdown: new AbortController().signal,
});
const ready = partHealth({ isServing: () => true, probes: [] });
const serve = (exchange: Exchange) => rpc.serve(exchange) || ready(exchange);
const port = await openPort({
  name: "bench",
  host: "127.0.0.1",
  port: 0,
  tls: undefined,
  log,
  onHttp1: (request, response) => void serve(new H1Exchange(request, response)),
  onHttp2: (stream, headers) => void serve(new H2Exchange(stream, headers)),
});
serveParent({ port: port.address.port, token });
