import { expect, onTestFinished, test } from "vitest";
import { RoomType } from "#gen/veza/chat/v1/room_pb.ts";
import { readConfig } from "#src/platform/config.ts";
import { startApp, type TestApp } from "../kit/app.ts";
import { type OtlpReceiver, otlpReceiver, treeOf } from "../kit/otlp-receiver.ts";
import { person } from "../kit/people.ts";
import { spawnVeza } from "../kit/process.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const callerSpan = "b7ad6b7169203331";

/** An app that sends its traces to a collector of its own. */
async function traced(env: Record<string, string> = {}): Promise<{ app: TestApp; collector: OtlpReceiver }> {
  const collector = await otlpReceiver();
  onTestFinished(() => collector[Symbol.asyncDispose]());
  const app = await startApp({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "20",
      OTEL_METRIC_EXPORT_INTERVAL: "50",
      ...env,
    },
  });
  onTestFinished(() => app[Symbol.asyncDispose]());
  return { app, collector };
}

/** Sends a message as a caller that is in a trace already; somebody follows the room. */
async function sendIn(app: TestApp, sampled: boolean): Promise<void> {
  const alice = await person(app, "alice");
  const { room } = await alice.chat.createRoom({ name: "a", type: RoomType.PUBLIC });
  const roomId = room?.id ?? "";
  const stop = new AbortController();
  const frames = alice.chat.subscribeToChatEvents({}, { signal: stop.signal })[Symbol.asyncIterator]();
  await frames.next();
  await alice.chat.sendMessage(
    { roomId, content: "hello" },
    { headers: { traceparent: `00-${traceId}-${callerSpan}-${sampled ? "01" : "00"}`, tracestate: "shop=1" } },
  );
  stop.abort();
  await frames.next().catch(() => undefined);
}

test("one SendMessage is one trace: the call, its transaction, its bell and who hears it", async () => {
  const { app, collector } = await traced();
  await sendIn(app, true);
  const ours = () => collector.spans.filter((span) => span.traceId === traceId);
  await expect.poll(() => ours().length, { timeout: 10_000 }).toBe(4);

  const named = (name: string) => {
    const found = ours().find((span) => span.name === name);
    if (found === undefined) throw new Error(`no span ${name} in\n${treeOf(collector.spans, traceId)}`);
    return found;
  };
  const call = named("veza.chat.v1.ChatService/SendMessage");
  const transaction = named("transaction chat");
  const bell = named("send chat.room");
  const heard = named("process chat.room");
  expect(call).toMatchObject({ parentSpanId: callerSpan, kind: 2, service: "veza" });
  expect(call.attributes).toMatchObject({
    "rpc.system.name": "grpc",
    "rpc.method": "veza.chat.v1.ChatService/SendMessage",
    "rpc.response.status_code": "OK",
  });
  expect(transaction).toMatchObject({ parentSpanId: call.spanId, kind: 3 });
  expect(transaction.attributes["db.operation.name"]).toBe("transaction");
  expect(bell).toMatchObject({ parentSpanId: call.spanId, kind: 4 });
  expect(heard).toMatchObject({ parentSpanId: bell.spanId, kind: 5 });
  // Spans begin at whole milliseconds.
  expect(transaction.endedAt / 1_000_000n).toBeLessThanOrEqual(bell.startedAt / 1_000_000n);
  // What happens in no call, sweeps and the like, begins no trace.
  const begun = collector.spans.filter(({ parentSpanId }) => parentSpanId === "");
  expect(begun.map(({ kind }) => kind)).toEqual(begun.map(() => 2));
});

test("a caller that does not want its trace kept is heard", async () => {
  const { app, collector } = await traced();
  await sendIn(app, false);
  await expect.poll(() => collector.spans.length, { timeout: 10_000 }).toBeGreaterThan(3);
  expect(collector.spans.filter((span) => span.traceId === traceId)).toEqual([]);
});

test("nothing is kept where the sampler says so, and metrics are sent nevertheless", async () => {
  const { app, collector } = await traced({ OTEL_TRACES_SAMPLER: "always_off" });
  await sendIn(app, true);
  await expect.poll(() => [...collector.metrics], { timeout: 10_000 }).toContain("veza.chat.events");
  expect(collector.metrics).toContain("rpc.server.call.duration");
  expect(collector.spans).toEqual([]);
});

test("a process sends protobuf unless told otherwise, its last spans when it stops, and names the trace in its log", async () => {
  const collector = await otlpReceiver();
  onTestFinished(() => collector[Symbol.asyncDispose]());
  const app = await startApp();
  const { dataDir } = app;
  await app[Symbol.asyncDispose]();
  const veza = await spawnVeza({
    VEZA_HTTP_PORT: "0",
    VEZA_CHAT_PORT: "0",
    VEZA_STREAM_PORT: "0",
    VEZA_DATA_DIR: dataDir,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  });
  await fetch(`${veza.gateway}/veza.chat.v1.ChatService/ListRooms`, { method: "POST" });
  const answer = await fetch(`${veza.gateway}/veza.auth.v1.AuthService/ValidateToken`, {
    method: "POST",
    headers: { "content-type": "application/json", traceparent: `00-${traceId}-${callerSpan}-01` },
    body: JSON.stringify({ token: "x" }),
  });
  expect(answer.status).toBe(200);
  expect(await veza.end("SIGTERM")).toBe(0);

  const line = veza.lines.map((each) => JSON.parse(each)).find(({ method }) => /ValidateToken/.test(method));
  expect(line).toMatchObject({ trace_id: traceId, request_id: expect.any(String), code: "ok" });
  expect(line.span_id).toMatch(/^[0-9a-f]{16}$/);
  const sent = collector.requests.filter(({ path }) => path === "/v1/traces");
  expect(sent.map(({ type }) => type)).toEqual(sent.map(() => "application/x-protobuf"));
  const body = Buffer.concat(sent.map((each) => each.body));
  expect(body.includes("veza.auth.v1.AuthService/ValidateToken")).toBe(true);
  expect(body.includes(Buffer.from(traceId, "hex"))).toBe(true);
  expect(collector.requests.some(({ path }) => path === "/v1/metrics")).toBe(true);
});

test("a collector that is not there holds nobody up", async () => {
  const app = await startApp({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" } });
  await person(app, "alice");
  await app[Symbol.asyncDispose]();
});

test("wrong variables are told with all the others", () => {
  const mistakes = (env: Record<string, string>) => {
    try {
      readConfig(env);
    } catch (error) {
      return (error as { mistakes: string[] }).mistakes;
    }
  };
  expect(mistakes({ OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" })).toEqual([
    "OTEL_EXPORTER_OTLP_ENDPOINT: has to be an http:// or https:// address",
    "OTEL_EXPORTER_OTLP_PROTOCOL: Veza sends http/protobuf or http/json",
  ]);
  expect(readConfig({}).otlp).toBeUndefined();
  const endpoint = "http://collector:4318/";
  expect(readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }).otlp?.traces?.url).toBe(
    "http://collector:4318/v1/traces",
  );
  expect(readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: "true" }).otlp).toBeUndefined();
  expect(
    readConfig({
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=a%20b,service.name=radio",
    }).otlp?.resource,
  ).toEqual({ "service.name": "radio", "deployment.environment.name": "a b" });
});
