import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { serveParent } from "../kit/serve.ts";

// node:http and nothing else.
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
});
await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => resolve()));
serveParent({ port: (server.address() as AddressInfo).port });
