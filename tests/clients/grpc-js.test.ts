import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { startApp } from "../kit/app.ts";
import { createGrpcJs } from "./grpc-js-client.ts";
import { plainPlace, tlsPlace } from "./places.ts";
import { tell } from "./story.ts";

tell("grpc-js", { place: plainPlace, client: async () => createGrpcJs() });
tell("grpc-js over TLS", { place: tlsPlace, client: async () => createGrpcJs() });

test("grpc-js is told that a method which does not exist is unimplemented", async () => {
  await using app = await startApp();
  for (const address of [app.gateway, app.chat, app.stream]) {
    for (const path of ["/veza.chat.v1.ChatService/Nothing", "/veza.nothing.v1.NoService/Nothing"]) {
      const client = new Client(new URL(address).host, credentials.createInsecure());
      const error = await new Promise<ServiceError | null>((resolve) => {
        const bytes = (each: Buffer) => each;
        client.makeUnaryRequest(path, bytes, bytes, Buffer.alloc(0), (failure) => resolve(failure));
      });
      client.close();
      expect(status[error?.code ?? status.OK]).toBe("UNIMPLEMENTED");
    }
  }
});
