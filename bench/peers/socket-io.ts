import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { serveParent } from "../kit/serve.ts";
import { eventBinary } from "../kit/stream-call.ts";

const http = createServer();
const io = new Server(http, { transports: ["websocket"] });
await new Promise<void>((resolve) => http.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => resolve()));
serveParent(
  { port: (http.address() as AddressInfo).port },
  {
    publish(count: number) {
      // As text, which spares it a second frame: as many characters as the others send bytes.
      for (let i = 0; i < count; i += 1) io.emit("e", "x".repeat(eventBinary().length));
    },
  },
);
