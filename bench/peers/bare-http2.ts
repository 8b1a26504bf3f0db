import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { serveParent } from "../kit/serve.ts";
import { eventBinary, streamPath } from "../kit/stream-call.ts";
import { framed } from "../kit/unary-call.ts";

// node:http2 and nothing else: what any server on it costs at least.
const open = new Set<ServerHttp2Stream>();
const server = createServer();
server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
  stream.on("error", () => undefined);
  if (headers[":path"] === streamPath) {
    stream.resume();
    stream.respond({ ":status": 200, "content-type": "application/grpc+proto" }, { waitForTrailers: true });
    stream.on("close", () => open.delete(stream));
    open.add(stream);
    stream.write(framed(new Uint8Array([0x0a, 0])));
    return;
  }
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("end", () => {
    stream.respond({ ":status": 200, "content-type": "application/grpc+proto" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));
  });
});
await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => resolve()));
const { port } = server.address() as AddressInfo;
serveParent(
  { port },
  {
    open: () => open.size,
    publish(count: number) {
      for (let i = 0; i < count; i += 1) {
        const event = framed(eventBinary());
        for (const stream of open) stream.write(event);
      }
    },
  },
);
