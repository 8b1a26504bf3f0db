import {
  create,
  createRegistry,
  type DescMethod,
  fromBinary,
  fromJson,
  type JsonValue,
  type Message,
  type Registry,
  toJsonString,
} from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { encoderOf } from "../../rpc/encode/encoder.ts";
import type { ServiceRoutes } from "../../rpc/routes.ts";
import { enumCheck } from "./json-enums.ts";
import { unreadable } from "./unreadable.ts";

/** How the messages of a method are read and written in one form. */
export interface Codec {
  /** Throws invalid_argument for what cannot be read. */
  read(bytes: Uint8Array): Message;
  /** Takes a message, or the fields of one; `room` is how many bytes stay free before it. */
  write(message: Message, room: number): Uint8Array;
}

/** One method that the direct path can serve, with everything prepared that can be before a call comes. */
export interface DirectMethod {
  readonly method: DescMethod;
  readonly streaming: boolean;
  readonly proto: Codec;
  readonly json: Codec;
  /** Answers with a message or its fields, or for a stream with an iterable of them; with either perhaps later. */
  readonly handler: (request: Message, context: HandlerContext) => unknown;
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

type Handler = DirectMethod["handler"];

function behindRoom(text: string, room: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(room + Buffer.byteLength(text));
  bytes.write(text, room);
  return bytes;
}

function directMethod(method: DescMethod, handler: Handler, registry: Registry): DirectMethod {
  const { input, output } = method;
  const readOptions = { ignoreUnknownFields: true, registry };
  const writeOptions = { registry };
  const checkEnums = enumCheck(input);
  const whole = (message: Message) => (message.$typeName === output.typeName ? message : create(output, message));

  return {
    method,
    streaming: method.methodKind === "server_streaming",
    handler,
    proto: {
      read: readable((bytes) => fromBinary(input, bytes)),
      write: encoderOf(output),
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
      write: (message, room) => behindRoom(toJsonString(output, whole(message), writeOptions), room),
    },
  };
}

/** The messages that an `Any` in JSON may hold: those that the services' own files tell of. */
export function messagesOf(services: readonly ServiceRoutes[]): Registry {
  return createRegistry(...services.map(({ service }) => service.file));
}

/** The methods that the direct path serves, by their path: unary ones, and streams of one request. */
export function directMethods(services: readonly ServiceRoutes[]): ReadonlyMap<string, DirectMethod> {
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
      table.set(`/${service.typeName}/${method.name}`, directMethod(method, handler, registry));
    }
  }
  return table;
}
