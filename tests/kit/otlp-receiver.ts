import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** A span as a collector gets it. */
export interface ReceivedSpan {
  readonly service: string;
  /** Which process it was. */
  readonly instance: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly startedAt: bigint;
  readonly endedAt: bigint;
  /** 2 is an error. */
  readonly status: number;
}

/** What a collector of OpenTelemetry would get. Spans and metrics are read where they come as JSON. */
export interface OtlpReceiver extends AsyncDisposable {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** Names of metrics that came. */
  readonly metrics: Set<string>;
  /** Every request: its path, its content type, its body. */
  readonly requests: { readonly path: string; readonly type: string; readonly body: Buffer }[];
}

export async function otlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const metrics = new Set<string>();
  const requests: { path: string; type: string; body: Buffer }[] = [];

  async function take(request: IncomingMessage): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const body = Buffer.concat(pieces);
    const type = request.headers["content-type"] ?? "";
    requests.push({ path: request.url ?? "", type, body });
    if (type !== "application/json") return;
    const told = JSON.parse(body.toString()) as Told;
    for (const { resource, scopeSpans } of told.resourceSpans ?? []) {
      const about = valuesOf(resource.attributes);
      const service = String(about["service.name"]);
      const instance = String(about["service.instance.id"]);
      for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
        const { name, traceId, spanId, parentSpanId = "", kind, attributes, status } = span;
        spans.push({
          ...{ service, instance, name, traceId, spanId, parentSpanId, kind, status: status?.code ?? 0 },
          attributes: valuesOf(attributes),
          startedAt: BigInt(span.startTimeUnixNano),
          endedAt: BigInt(span.endTimeUnixNano),
        });
      }
    }
    for (const { scopeMetrics } of told.resourceMetrics ?? []) {
      for (const { name } of scopeMetrics.flatMap((scope) => scope.metrics)) metrics.add(name);
    }
  }
  const server = createServer((request, response) => {
    take(request).then(
      () => response.writeHead(200, { "content-type": "application/json" }).end("{}"),
      () => response.writeHead(400).end(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    metrics,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

interface Attribute {
  readonly key: string;
  readonly value: { stringValue?: string; intValue?: string | number; doubleValue?: number; boolValue?: boolean };
}
interface Told {
  readonly resourceSpans?: {
    readonly resource: { readonly attributes: Attribute[] };
    readonly scopeSpans: {
      readonly spans: {
        readonly name: string;
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly kind: number;
        readonly attributes: Attribute[];
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
        readonly status?: { readonly code?: number };
      }[];
    }[];
  }[];
  readonly resourceMetrics?: { readonly scopeMetrics: { readonly metrics: { readonly name: string }[] }[] }[];
}

function valuesOf(attributes: readonly Attribute[]): Record<string, string | number | boolean> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.boolValue ?? value.doubleValue ?? Number(value.intValue),
    ]),
  );
}

/** A trace as a tree: a line for each span, under the one that it belongs to. */
export function treeOf(spans: readonly ReceivedSpan[], traceId: string): string {
  const kinds = ["", "internal", "server", "client", "producer", "consumer"];
  const ours = spans.filter((span) => span.traceId === traceId);
  const known = new Set(ours.map(({ spanId }) => spanId));
  const begin = ours.reduce((first, { startedAt }) => (startedAt < first ? startedAt : first), 2n ** 63n);
  const ms = (nanoseconds: bigint) => (Number(nanoseconds) / 1e6).toFixed(2);

  function lines(parent: string | undefined, indent: string): string[] {
    return ours
      .filter(({ parentSpanId }) => (parent === undefined ? !known.has(parentSpanId) : parentSpanId === parent))
      .sort((one, other) => Number(one.startedAt - other.startedAt))
      .flatMap(({ service, name, kind, spanId, startedAt, endedAt }) => [
        `${indent}${name} (${kinds[kind]}, ${service}) at ${ms(startedAt - begin)} ms for ${ms(endedAt - startedAt)} ms`,
        ...lines(spanId, `${indent}  `),
      ]);
  }
  return [`trace ${traceId}`, ...lines(undefined, "  ")].join("\n");
}
