import { createServer as createHttp1Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import type { ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { ChatService } from "../../gen/veza/chat/v1/chat_service_pb.ts";
import { createChannel } from "../kit/channel.ts";
import { serveParent } from "../kit/serve.ts";
import { eventResponse } from "../kit/stream-call.ts";

// connect-node as its documentation sets it up: no gate, no interceptors, no validation, no log.
const channel = createChannel<ReturnType<typeof eventResponse>>();

function routes(router: ConnectRouter): void {
  router.service(ChatService, {
    sendMessage: ({ roomId, content }) => ({ message: { roomId, content } }),
    subscribeToChatEvents: (_request, { signal }) => channel.subscribe(signal),
  });
}
const adapter = connectNodeAdapter({ routes });
const server = process.env.BENCH_HTTP === "1.1" ? createHttp1Server(adapter) : createHttp2Server(adapter);
await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, () => resolve()));
const { port } = server.address() as AddressInfo;
serveParent(
  { port },
  {
    publish(count: number) {
      for (let i = 0; i < count; i += 1) channel.publish(eventResponse());
    },
  },
);
