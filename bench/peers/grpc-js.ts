import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { serveParent } from "../kit/serve.ts";
import { eventBinary, streamPath } from "../kit/stream-call.ts";
import { unaryPath } from "../kit/unary-call.ts";

// grpc-js at its barest: bytes in, the same bytes out, no messages read or made.
const same = (bytes: Buffer): Buffer => bytes;
const codec = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
const open = new Set<ServerWritableStream<Buffer, Buffer>>();

const server = new Server();
server.addService(
  {
    echo: { path: unaryPath, requestStream: false, responseStream: false, ...codec },
    subscribe: { path: streamPath, requestStream: false, responseStream: true, ...codec },
  },
  {
    echo(call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) {
      callback(null, call.request);
    },
    subscribe(call: ServerWritableStream<Buffer, Buffer>) {
      open.add(call);
      call.on("cancelled", () => open.delete(call));
    },
  },
);
const port = await new Promise<number>((resolve, reject) => {
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
    error === null ? resolve(bound) : reject(error),
  );
});
serveParent(
  { port },
  {
    publish(count: number) {
      for (let i = 0; i < count; i += 1) {
        const event = Buffer.from(eventBinary());
        for (const call of open) call.write(event);
      }
    },
  },
);
