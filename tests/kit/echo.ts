import { create, toBinary } from "@bufbuild/protobuf";
import { fileDesc, type GenService, serviceDesc } from "@bufbuild/protobuf/codegenv2";
import {
  FileDescriptorProtoSchema,
  file_google_protobuf_wrappers,
  MethodOptions_IdempotencyLevel,
  type StringValueSchema,
} from "@bufbuild/protobuf/wkt";
import { createValidator } from "@bufbuild/protovalidate";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { partHealth } from "#src/gateway/part-health.ts";
import { H1Exchange } from "#src/net/h1-exchange.ts";
import { H2Exchange } from "#src/net/h2-exchange.ts";
import { openPort, type Port } from "#src/net/one-port.ts";
import { createRpcServer } from "#src/net/rpc/rpc-server.ts";
import { createRevocations } from "#src/platform/access/revocations.ts";
import { createTrustedProxies } from "#src/platform/access/trusted-proxies.ts";
import { createLocalBus } from "#src/platform/bus/local-bus.ts";
import { systemClock } from "#src/platform/clock.ts";
import { Failure, Reason } from "#src/platform/failure.ts";
import { createLog } from "#src/platform/log.ts";
import { createMetrics } from "#src/platform/telemetry/metrics.ts";
import { createCallReports } from "#src/rpc/call-reports.ts";
import { createChain } from "#src/rpc/chain.ts";
import { createGate } from "#src/rpc/gate.ts";
import { unlimited } from "#src/rpc/rate-limit.ts";
import { routes, type ServiceRoutes } from "#src/rpc/routes.ts";

type Method<Kind> = { methodKind: Kind; input: typeof StringValueSchema; output: typeof StringValueSchema };

const text = ".google.protobuf.StringValue";
const descriptor = create(FileDescriptorProtoSchema, {
  name: "veza/test/echo.proto",
  package: "veza.test",
  syntax: "proto3",
  dependency: ["google/protobuf/wrappers.proto"],
  service: [
    {
      name: "EchoService",
      method: [
        {
          name: "Say",
          inputType: text,
          outputType: text,
          options: { idempotencyLevel: MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS },
        },
        { name: "Tell", inputType: text, outputType: text },
        { name: "Count", inputType: text, outputType: text, serverStreaming: true },
        { name: "Join", inputType: text, outputType: text, clientStreaming: true },
        { name: "Talk", inputType: text, outputType: text, clientStreaming: true, serverStreaming: true },
      ],
    },
  ],
});
const base64 = Buffer.from(toBinary(FileDescriptorProtoSchema, descriptor)).toString("base64");

/** A service with a method of each kind, made of texts. */
export const EchoService: GenService<{
  say: Method<"unary">;
  tell: Method<"unary">;
  count: Method<"server_streaming">;
  join: Method<"client_streaming">;
  talk: Method<"bidi_streaming">;
}> = serviceDesc(fileDesc(base64, [file_google_protobuf_wrappers]), 0);

/** What is going on in an echo service, for tests that end it. */
export interface EchoWatch {
  /** Calls that are being worked on. */
  open: number;
  /** Calls of Say and Tell that were begun, in all. */
  said: number;
  /** Streams that were begun, in all. */
  begun: number;
  /** Messages that endless streams made, in all. */
  made: number;
}

/**
 * Say answers with the same text; "fail" fails as expected, "break" as nobody expects, "bad header" sets one that HTTP
 * does not allow, "deaf" never answers, "wait <ms>" takes its time, "big <bytes>" answers with so much.
 * Tell is the same, but nobody may take it for a question.
 * Count counts up to the number; "forever" does not stop, "hear" waits until it is told to end, "deaf" does not listen.
 */
export function echoRoutes(watch: EchoWatch = { open: 0, said: 0, begun: 0, made: 0 }): ServiceRoutes {
  async function working<Result>(work: () => Promise<Result>): Promise<Result> {
    watch.open += 1;
    try {
      return await work();
    } finally {
      watch.open -= 1;
    }
  }
  const say = ({ value }: { value: string }, context: HandlerContext) =>
    working(async () => {
      watch.said += 1;
      const [word, amount] = value.split(" ");
      context.responseHeader.set("x-echo", "header");
      context.responseTrailer.set("x-echo-trailer", "trailer");
      if (value === "bad header") context.responseHeader.set("connection", "upgrade");
      if (word === "fail") throw new Failure(Reason.LIMIT_REACHED, { sentence: "as asked" });
      if (word === "status") throw new ConnectError("as it is", Code.Aborted, { "x-why": "asked" });
      if (word === "break") throw new Error("a secret");
      if (word === "deaf") await new Promise(() => undefined);
      if (word === "wait") await new Promise((resolve) => setTimeout(resolve, Number(amount)));
      if (word === "big") return { value: "x".repeat(Number(amount)) };
      return { value };
    });
  return routes(EchoService, {
    say,
    tell: say,
    async *count({ value }, { signal }) {
      watch.open += 1;
      watch.begun += 1;
      try {
        yield { value: "1" };
        if (value === "deaf") await new Promise(() => undefined);
        if (value === "hear") {
          signal.throwIfAborted();
          await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        }
        if (value === "fail") throw new Failure(Reason.LIMIT_REACHED, { sentence: "as asked" });
        if (value === "forever") {
          const piece = "x".repeat(16 * 1024);
          while (!signal.aborted) {
            watch.made += 1;
            yield { value: piece };
          }
        }
        for (let i = 2; i <= Number(value); i += 1) yield { value: String(i) };
      } finally {
        watch.open -= 1;
      }
    },
    join: (requests) =>
      working(async () => {
        const values: string[] = [];
        for await (const { value } of requests) values.push(value);
        return { value: values.join(" ") };
      }),
    async *talk(requests) {
      watch.open += 1;
      try {
        for await (const { value } of requests) yield { value: `${value}!` };
      } finally {
        watch.open -= 1;
      }
    },
  });
}

export interface EchoPort extends AsyncDisposable {
  readonly port: Port;
  readonly host: string;
  readonly number: number;
  /** `http://127.0.0.1:port`, or https. */
  readonly url: string;
  readonly watch: EchoWatch;
  /** What was logged, one JSON line each. */
  readonly log: readonly string[];
  /** Ends streams as a process that stops does. */
  stop(reason: unknown): void;
}

/** The echo service behind the real port, gate and interceptors, for everyone to call. */
export async function openEcho(tls?: { cert: string; key: string }, number = 0): Promise<EchoPort> {
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "json", destination: { write: (line) => void lines.push(line) } });
  const shutdown = new AbortController();
  const watch: EchoWatch = { open: 0, said: 0, begun: 0, made: 0 };
  const ready = partHealth({ isServing: () => true, probes: [] });
  const revocations = createRevocations({ bus: createLocalBus({ log }), clock: systemClock });
  const reports = createCallReports({ log, metrics: createMetrics() });
  const rpc = createRpcServer({
    services: [echoRoutes(watch)],
    gate: createGate({
      verifier: {
        verify() {
          throw new Failure(Reason.UNAUTHENTICATED);
        },
      },
      publicServices: new Set([EchoService.typeName]),
      rateLimit: unlimited,
      reports,
    }),
    chain: createChain({ log, reports, clock: systemClock, revocations, validator: createValidator() }),
    log,
    reports,
    proxies: createTrustedProxies([]),
    shutdown: shutdown.signal,
  });
  const nothing = Buffer.from("nothing here\n");
  const port = await openPort({
    name: "echo",
    host: "127.0.0.1",
    port: number,
    tls,
    log,
    onHttp1(request, response) {
      const exchange = new H1Exchange(request, response);
      if (!rpc.serve(exchange) && !ready(exchange)) exchange.respond(404, {}, nothing);
    },
    onHttp2(stream, headers) {
      const exchange = new H2Exchange(stream, headers);
      if (!rpc.serve(exchange) && !ready(exchange)) exchange.respond(404, {}, nothing);
    },
  });
  const { host, port: listening } = port.address;
  return {
    port,
    host,
    number: listening,
    url: `${tls === undefined ? "http" : "https"}://${host}:${listening}`,
    watch,
    log: lines,
    stop: (reason) => shutdown.abort(reason),
    [Symbol.asyncDispose]: () => port.close(2000),
  };
}
