import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { serveParent } from "../kit/serve.ts";
import { eventBinary } from "../kit/stream-call.ts";

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, backlog: 4096 });
await new Promise((resolve) => server.once("listening", resolve));
serveParent(
  { port: (server.address() as AddressInfo).port },
  {
    publish(count: number) {
      for (let i = 0; i < count; i += 1) {
        const event = eventBinary();
        for (const client of server.clients) client.send(event);
      }
    },
  },
);
