import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A wire between clients and a server that can be cut at any moment, as networks do. */
export interface CuttingProxy extends AsyncDisposable {
  readonly url: string;
  /** Cuts about this share of the open connections; returns how many. */
  cut(share: number, random: () => number): number;
}

/** Passes bytes on to a port of this machine, which need not listen all the time. */
export async function createCuttingProxy(targetPort: number): Promise<CuttingProxy> {
  const pairs = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(targetPort, "127.0.0.1");
    pairs.add(client);
    const end = (): void => {
      pairs.delete(client);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut(share, random) {
      const chosen = [...pairs].filter(() => random() < share);
      for (const socket of chosen) socket.destroy();
      return chosen.length;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of pairs) socket.destroy();
      server.close();
    },
  };
}

/** A port that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
