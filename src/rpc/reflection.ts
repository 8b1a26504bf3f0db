import { type DescFile, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { Code } from "@connectrpc/connect";
import {
  type ServerReflectionRequest,
  type ServerReflectionResponse,
  ServerReflection as ServerReflectionV1,
} from "#gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionV1Alpha } from "#gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { routes, type ServiceRoutes } from "./routes.ts";

type Answer = Pick<ServerReflectionResponse, "messageResponse">["messageResponse"];

/**
 * Tells clients the contract of these services, so that `buf curl` and grpcurl need no files. Two versions of the same:
 * some clients still ask for the older one.
 */
export function reflectionRoutes(services: readonly DescService[]): ServiceRoutes[] {
  const contract = new Contract([...services, ServerReflectionV1, ServerReflectionV1Alpha]);
  async function* serverReflectionInfo(requests: AsyncIterable<ServerReflectionRequest>) {
    for await (const request of requests) {
      const messageResponse = contract.answer(request.messageRequest);
      yield { validHost: request.host, originalRequest: request, messageResponse };
    }
  }
  return [
    routes(ServerReflectionV1, { serverReflectionInfo }),
    // The messages of the two versions are the same but for the package's name.
    routes(ServerReflectionV1Alpha, {
      async *serverReflectionInfo(requests) {
        for await (const request of requests) {
          const messageResponse = contract.answer(request.messageRequest as ServerReflectionRequest["messageRequest"]);
          yield { validHost: request.host, originalRequest: request, messageResponse } as never;
        }
      },
    }),
  ];
}

/** Files, and which of them says what, found once. */
class Contract {
  readonly #services: readonly DescService[];
  readonly #files = new Map<string, DescFile>();
  readonly #symbols = new Map<string, DescFile>();
  /** By the extended message's name, then by number. */
  readonly #extensions = new Map<string, Map<number, DescFile>>();

  constructor(services: readonly DescService[]) {
    this.#services = services;
    for (const service of services) this.#add(service.file);
  }

  answer(asked: ServerReflectionRequest["messageRequest"]): Answer {
    switch (asked.case) {
      case "listServices": {
        const service = this.#services.map(({ typeName }) => ({ name: typeName }));
        return { case: "listServicesResponse", value: { service } } as Answer;
      }
      case "fileByFilename":
        return this.#file(this.#files.get(asked.value), asked.value);
      case "fileContainingSymbol":
        return this.#file(this.#symbols.get(asked.value), asked.value);
      case "fileContainingExtension": {
        const { containingType, extensionNumber } = asked.value;
        const file = this.#extensions.get(containingType)?.get(extensionNumber);
        return this.#file(file, `${containingType} ${extensionNumber}`);
      }
      case "allExtensionNumbersOfType": {
        const extensionNumber = [...(this.#extensions.get(asked.value)?.keys() ?? [])];
        if (extensionNumber.length === 0 && !this.#symbols.has(asked.value)) return notFound(asked.value);
        const value = { baseTypeName: asked.value, extensionNumber };
        return { case: "allExtensionNumbersResponse", value } as Answer;
      }
      default:
        return {
          case: "errorResponse",
          value: { errorCode: Code.InvalidArgument, errorMessage: "the request asks for nothing" },
        } as Answer;
    }
  }

  /** A file and all that it imports, the imports first. */
  #file(file: DescFile | undefined, asked: string): Answer {
    if (file === undefined) return notFound(asked);
    const files = new Set<DescFile>();
    const visit = (each: DescFile): void => {
      if (files.has(each)) return;
      for (const imported of each.dependencies) visit(imported);
      files.add(each);
    };
    visit(file);
    const fileDescriptorProto = [...files].map((each) => toBinary(FileDescriptorProtoSchema, each.proto));
    return { case: "fileDescriptorResponse", value: { fileDescriptorProto: fileDescriptorProto.reverse() } } as Answer;
  }

  #add(file: DescFile): void {
    if (this.#files.has(file.proto.name)) return;
    this.#files.set(file.proto.name, file);
    const visitMessages = (messages: DescFile["messages"]): void => {
      for (const message of messages) {
        this.#symbols.set(message.typeName, file);
        for (const field of message.fields) this.#symbols.set(`${message.typeName}.${field.name}`, file);
        visitMessages(message.nestedMessages);
        for (const each of message.nestedEnums) this.#symbols.set(each.typeName, file);
        this.#addExtensions(message.nestedExtensions, file);
      }
    };
    visitMessages(file.messages);
    for (const each of file.enums) this.#symbols.set(each.typeName, file);
    this.#addExtensions(file.extensions, file);
    for (const service of file.services) {
      this.#symbols.set(service.typeName, file);
      for (const method of service.methods) this.#symbols.set(`${service.typeName}.${method.name}`, file);
    }
    for (const imported of file.dependencies) this.#add(imported);
  }

  #addExtensions(extensions: DescFile["extensions"], file: DescFile): void {
    for (const extension of extensions) {
      this.#symbols.set(extension.typeName, file);
      const { typeName } = extension.extendee;
      let numbers = this.#extensions.get(typeName);
      if (numbers === undefined) {
        numbers = new Map();
        this.#extensions.set(typeName, numbers);
      }
      numbers.set(extension.number, file);
    }
  }
}

function notFound(what: string): Answer {
  return {
    case: "errorResponse",
    value: { errorCode: Code.NotFound, errorMessage: `${what} is not known here` },
  } as Answer;
}
