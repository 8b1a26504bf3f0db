import { create, createRegistry, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { type Any, anyPack, anyUnpack } from "@bufbuild/protobuf/wkt";
import { type Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { routes } from "../../src/rpc/routes.ts";
import { timeoutKey } from "../../src/rpc/timeout.ts";
import {
  BidiStreamRequestSchema,
  ClientStreamRequestSchema,
  type Error as ConformanceError,
  type ConformancePayload_RequestInfo,
  ConformancePayload_RequestInfoSchema,
  ConformanceService,
  type Header,
  IdempotentUnaryRequestSchema,
  ServerStreamRequestSchema,
  type StreamResponseDefinition,
  UnaryRequestSchema,
  type UnaryResponseDefinition,
} from "./gen/connectrpc/conformance/v1/service_pb.ts";

/** The suite's service: answers what each request tells it to, and tells back what it saw of the request. */
export const conformanceRoutes = routes(ConformanceService, {
  unary: (request, context) => answerOnce(request.responseDefinition, [anyPack(UnaryRequestSchema, request)], context),

  idempotentUnary: (request, context) =>
    answerOnce(request.responseDefinition, [anyPack(IdempotentUnaryRequestSchema, request)], context),

  async clientStream(requests, context) {
    const seen: Any[] = [];
    let definition: UnaryResponseDefinition | undefined;
    for await (const request of requests) {
      if (seen.length === 0) definition = request.responseDefinition;
      seen.push(anyPack(ClientStreamRequestSchema, request));
    }
    return answerOnce(definition, seen, context);
  },

  async *serverStream(request, context) {
    const definition = request.responseDefinition;
    if (definition === undefined) return;
    setMetadata(context, definition);
    const info = requestInfo(context, [anyPack(ServerStreamRequestSchema, request)]);
    for (const [index, data] of definition.responseData.entries()) {
      await pause(definition.responseDelayMs, context.signal);
      yield { payload: index === 0 ? { data, requestInfo: info } : { data } };
    }
    failIfAsked(definition, info);
  },

  async *bidiStream(requests, context) {
    let definition: StreamResponseDefinition | undefined;
    let unanswered: Any[] = [];
    let isFirst = true;
    let answered = 0;
    for await (const request of requests) {
      unanswered.push(anyPack(BidiStreamRequestSchema, request));
      if (isFirst) {
        isFirst = false;
        definition = request.responseDefinition;
        if (definition !== undefined) setMetadata(context, definition);
        if (!request.fullDuplex) continue;
      } else if (answered === 0) continue;
      const data = definition?.responseData[answered];
      if (definition === undefined || data === undefined) break;
      await pause(definition.responseDelayMs, context.signal);
      const requestInfoSoFar = answered === 0 ? requestInfo(context, unanswered) : { requests: unanswered };
      yield { payload: { data, requestInfo: requestInfoSoFar } };
      answered += 1;
      unanswered = [];
    }
    if (definition === undefined) return;
    const info = requestInfo(context, unanswered);
    for (const [index, data] of definition.responseData.entries()) {
      if (index < answered) continue;
      await pause(definition.responseDelayMs, context.signal);
      yield { payload: index === 0 ? { data, requestInfo: info } : { data } };
    }
    failIfAsked(definition, info);
  },
  // `unimplemented` is left out: that is what it tests.
});

async function answerOnce(definition: UnaryResponseDefinition | undefined, requests: Any[], context: HandlerContext) {
  const info = requestInfo(context, requests);
  if (definition === undefined) return { payload: { requestInfo: info } };
  setMetadata(context, definition);
  await pause(definition.responseDelayMs, context.signal);
  const { response } = definition;
  if (response.case === "error") throw toError(response.value, info);
  const data = response.case === "responseData" ? response.value : new Uint8Array(0);
  return { payload: { data, requestInfo: info } };
}

function failIfAsked(definition: StreamResponseDefinition, info: ConformancePayload_RequestInfo): void {
  if (definition.error === undefined) return;
  throw toError(definition.error, definition.responseData.length === 0 ? info : undefined);
}

function setMetadata(
  context: HandlerContext,
  definition: { readonly responseHeaders: Header[]; readonly responseTrailers: Header[] },
): void {
  for (const { name, value } of definition.responseHeaders) {
    for (const each of value) context.responseHeader.append(name, each);
  }
  for (const { name, value } of definition.responseTrailers) {
    for (const each of value) context.responseTrailer.append(name, each);
  }
}

function requestInfo(context: HandlerContext, requests: Any[]): ConformancePayload_RequestInfo {
  // What the caller said, rather than what is left of it.
  const { ms } = context.values.get(timeoutKey);
  return create(ConformancePayload_RequestInfoSchema, {
    requestHeaders: [...context.requestHeader].map(([name, value]) => ({ name, value: [value] })),
    requests,
    ...(ms === undefined ? {} : { timeoutMs: BigInt(Math.round(ms)) }),
    ...(context.requestMethod === "GET" ? { connectGetInfo: { queryParams: queryOf(context.url) } } : {}),
  });
}

function queryOf(url: string) {
  return [...new URL(url).searchParams].map(([name, value]) => ({ name, value: [value] }));
}

const detailTypes = createRegistry(ConformancePayload_RequestInfoSchema);

/** Details reach an error as messages, so each has to be of a type that is known here. */
function toError(error: ConformanceError, info: ConformancePayload_RequestInfo | undefined): ConnectError {
  const details: { desc: DescMessage; value: MessageShape<DescMessage> }[] = error.details.map((packed) => {
    const value = anyUnpack(packed, detailTypes);
    const desc = value === undefined ? undefined : detailTypes.getMessage(value.$typeName);
    if (value === undefined || desc === undefined) throw new Error(`the detail ${packed.typeUrl} is not known`);
    return { desc, value };
  });
  if (info !== undefined) details.push({ desc: ConformancePayload_RequestInfoSchema, value: info });
  return new ConnectError(error.message ?? "", error.code as number as Code, undefined, details);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
