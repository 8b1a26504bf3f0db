import { readFileSync } from "node:fs";
import {
  type DescMethod,
  type DescService,
  fromBinary,
  fromJson,
  type JsonObject,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { ErrorInfoSchema } from "#gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "#gen/google/rpc/status_pb.ts";
import { Health } from "#gen/grpc/health/v1/health_pb.ts";
import { ServerReflection } from "#gen/grpc/reflection/v1/reflection_pb.ts";
import { ServerReflection as ServerReflectionV1Alpha } from "#gen/grpc/reflection/v1alpha/reflection_pb.ts";
import { AuthService } from "#gen/veza/auth/v1/auth_service_pb.ts";
import { ChatService } from "#gen/veza/chat/v1/chat_service_pb.ts";
import { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { type Answer, Following, type Json, type OutsideClient, type Target } from "./outside-client.ts";

const services: readonly DescService[] = [AuthService, ChatService, StreamService, Health];

/** @grpc/grpc-js, gRPC's own client for Node. Only how a message becomes bytes is taken from the generated code. */
export function createGrpcJs(): OutsideClient {
  return {
    call(target, name, request) {
      const { method, path, client, metadata } = prepare(target, name);
      return new Promise<Answer>((resolve, reject) => {
        client.makeUnaryRequest(
          path,
          serializer(method),
          deserializer(method),
          request,
          metadata,
          (error, response) => {
            client.close();
            try {
              resolve(error === null ? { ok: response as Json } : { failed: failureOf(error) });
            } catch (broken) {
              reject(broken);
            }
          },
        );
      });
    },

    follow(target, name, request) {
      const { method, path, client, metadata } = prepare(target, name);
      const call = client.makeServerStreamRequest(path, serializer(method), deserializer(method), request, metadata);
      const following = new Following(() => {
        call.cancel();
        client.close();
      });
      call.on("data", (frame: Json) => following.push(frame));
      call.on("error", (error: ServiceError) => following.end(`the stream failed with ${status[error.code]}`));
      call.on("end", () => following.end("the stream ended"));
      return following;
    },

    async listServices(target, version) {
      const service = version === "v1" ? ServerReflection : ServerReflectionV1Alpha;
      const method = service.method.serverReflectionInfo;
      const { client, metadata } = connect(target);
      const path = `/${service.typeName}/${method.name}`;
      const call = client.makeBidiStreamRequest(path, serializer(method), deserializer(method), metadata);
      try {
        call.write({ listServices: "*" });
        call.end();
        for await (const response of call as AsyncIterable<{ listServicesResponse: { service: { name: string }[] } }>) {
          return response.listServicesResponse.service.map(({ name }) => name);
        }
        throw new Error("reflection ended without an answer");
      } finally {
        client.close();
      }
    },
  };
}

function connect({ address, token, ca }: Target) {
  const channel = ca === undefined ? credentials.createInsecure() : credentials.createSsl(readFileSync(ca));
  const metadata = new Metadata();
  if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
  return { client: new Client(new URL(address).host, channel), metadata };
}

function prepare(target: Target, name: string) {
  const [serviceName, methodName] = name.split("/");
  const service = services.find(({ typeName }) => typeName === serviceName);
  const method = service?.methods.find((each) => each.name === methodName);
  if (method === undefined) throw new Error(`${name} is not in the contract`);
  return { method, path: `/${name}`, ...connect(target) };
}

const serializer = (method: DescMethod) => (request: Json) =>
  Buffer.from(toBinary(method.input, fromJson(method.input, request as JsonObject)));
const deserializer =
  (method: DescMethod) =>
  (bytes: Buffer): Json =>
    toJson(method.output, fromBinary(method.output, bytes)) as Json;

/** The status, and the reason in `grpc-status-details-bin`. */
function failureOf(error: ServiceError): { code: string; reason: string } {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  const details = bytes === undefined ? [] : fromBinary(StatusSchema, bytes as Buffer).details;
  const info = details.find(({ typeUrl }) => typeUrl.endsWith("/google.rpc.ErrorInfo"));
  const reason = info === undefined ? "" : fromBinary(ErrorInfoSchema, info.value).reason;
  return { code: String(status[error.code]).toLowerCase(), reason };
}
