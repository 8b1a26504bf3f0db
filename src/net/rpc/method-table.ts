import {
  create,
  createRegistry,
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonValue,
  type Message,
  type Registry,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext, type Interceptor } from "@connectrpc/connect";
import type { ServiceRoutes } from "../../rpc/routes.ts";
import { enumCheck } from "./json-enums.ts";
import { unreadable } from "./unreadable.ts";

/** How the messages of a method are read and written in one form. */
export interface Codec {
  /** Throws invalid_argument for what cannot be read. */
  read(bytes: Uint8Array): Message;
  write(message: Message): Uint8Array;
}

/** One method that the direct path can serve, with everything prepared that can be before a call comes. */
export interface DirectMethod {
  readonly method: DescMethod;
  readonly streaming: boolean;
  readonly proto: Codec;
  readonly json: Codec;
  /** The handler inside its interceptors: answers with a message, or for a stream with an iterable of them. */
  readonly invoke: (request: Message, context: HandlerContext) => Promise<Message | AsyncIterable<Message>>;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function readable(read: (bytes: Uint8Array) => Message): (bytes: Uint8Array) => Message {
  return (bytes) => {
    try {
      return read(bytes);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw unreadable(why);
    }
  };
}

type AnyFn = ReturnType<Interceptor>;
type Request = Parameters<AnyFn>[0];
type Response = Awaited<ReturnType<AnyFn>>;

/** The request that interceptors see. Its context comes along, so that nothing is copied on the way to the handler. */
class InterceptedRequest {
  readonly stream: boolean;
  readonly message: Message | AsyncIterable<Message>;
  readonly context: HandlerContext;

  constructor(stream: boolean, message: Message | AsyncIterable<Message>, context: HandlerContext) {
    this.stream = stream;
    this.message = message;
    this.context = context;
  }
  get method() {
    return this.context.method;
  }
  get service() {
    return this.context.service;
  }
  get requestMethod() {
    return this.context.requestMethod;
  }
  get url() {
    return this.context.url;
  }
  get signal() {
    return this.context.signal;
  }
  get header() {
    return this.context.requestHeader;
  }
  get contextValues() {
    return this.context.values;
  }
}

/** The response that interceptors see. Its headers are made when somebody asks for them. */
class InterceptedResponse {
  readonly stream: boolean;
  readonly message: Message | AsyncIterable<Message>;
  readonly #context: HandlerContext;

  constructor(stream: boolean, message: Message | AsyncIterable<Message>, context: HandlerContext) {
    this.stream = stream;
    this.message = message;
    this.#context = context;
  }
  get method() {
    return this.#context.method;
  }
  get service() {
    return this.#context.service;
  }
  get header() {
    return this.#context.responseHeader;
  }
  get trailer() {
    return this.#context.responseTrailer;
  }
}

function messageOf(response: Response): Message | AsyncIterable<Message> {
  return response.message as Message | AsyncIterable<Message>;
}

async function* once(message: Message): AsyncGenerator<Message> {
  yield message;
}

async function only(messages: AsyncIterable<Message>): Promise<Message> {
  for await (const message of messages) return message;
  throw new ConnectError("the request holds no message", Code.Unimplemented);
}

type Handler = (request: Message, context: HandlerContext) => unknown;

function directMethod(
  method: DescMethod,
  handler: Handler,
  interceptors: readonly Interceptor[],
  registry: Registry,
): DirectMethod {
  const { input, output } = method;
  const streaming = method.methodKind === "server_streaming";
  const readOptions = { ignoreUnknownFields: true, registry };
  const writeOptions = { registry };
  const checkEnums = enumCheck(input);

  const innermost = async (intercepted: unknown): Promise<unknown> => {
    const { context, message: asked } = intercepted as InterceptedRequest;
    if (streaming) {
      const result = await handler(await only(asked as AsyncIterable<Message>), context);
      return new InterceptedResponse(true, result as AsyncIterable<Message>, context);
    }
    const result = (await handler(asked as Message, context)) as Message;
    // A handler may answer with a message or with the fields of one.
    const message = result.$typeName === output.typeName ? result : create(output, result);
    return new InterceptedResponse(false, message, context);
  };
  const chain = interceptors.reduceRight<AnyFn>(
    (next, interceptor) => interceptor(next),
    innermost as unknown as AnyFn,
  );

  return {
    method,
    streaming,
    proto: {
      read: readable((bytes) => fromBinary(input, bytes)),
      write: (message) => toBinary(output, message),
    },
    json: {
      read: readable((bytes) => {
        const json = JSON.parse(decoder.decode(bytes)) as JsonValue;
        const unknown = checkEnums?.(json);
        if (unknown !== undefined) {
          throw new Error(`${unknown.field}: ${unknown.name} is none of ${unknown.known.join(", ")}`);
        }
        return fromJson(input, json, readOptions);
      }),
      write: (message) => Buffer.from(toJsonString(output, message, writeOptions)),
    },
    invoke(message, context) {
      const request = new InterceptedRequest(streaming, streaming ? once(message) : message, context);
      return chain(request as unknown as Request).then(messageOf);
    },
  };
}

/** The messages that an `Any` in JSON may hold: those that the services' own files tell of. */
export function messagesOf(services: readonly ServiceRoutes[]): Registry {
  return createRegistry(...services.map(({ service }) => service.file));
}

/** The methods that the direct path serves, by their path: unary ones, and streams of one request. */
export function directMethods(
  services: readonly ServiceRoutes[],
  interceptors: readonly Interceptor[],
): ReadonlyMap<string, DirectMethod> {
  const registry = messagesOf(services);
  const table = new Map<string, DirectMethod>();
  for (const { service, implementation } of services) {
    for (const method of service.methods) {
      if (method.methodKind !== "unary" && method.methodKind !== "server_streaming") continue;
      const implemented = (implementation as Record<string, Handler | undefined>)[method.localName];
      const handler =
        implemented ??
        (() => {
          throw new ConnectError(`${service.typeName}.${method.name} is not built yet`, Code.Unimplemented);
        });
      table.set(`/${service.typeName}/${method.name}`, directMethod(method, handler, interceptors, registry));
    }
  }
  return table;
}
