import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What becomes of bytes on their way to the server. */
export type Fate =
  | "pass"
  /** They never arrive, and the connection is lost. */
  | "cut before"
  /** They arrive, and the connection is lost before an answer does. */
  | "cut after";

/** A wire to a server on which round trips are counted, and which breaks at chosen bytes. */
export interface Wire extends AsyncDisposable {
  readonly port: number;
  /** How often the server was asked something after it had answered, on all connections. */
  readonly trips: number;
  /** Decides what becomes of bytes; undefined lets all pass. */
  fateOf: ((sent: Buffer) => Fate) | undefined;
}

/** The pause in which what was sent arrives before the connection is lost. */
const arrivalMs = 100;

export async function createWire(targetPort: number): Promise<Wire> {
  const sockets = new Set<Socket>();
  let trips = 0;
  const server = createServer((client) => {
    const upstream = connect(targetPort, "127.0.0.1");
    let isAsked = false;
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", end).on("close", end);
      socket.on("close", () => sockets.delete(socket));
    }
    client.on("data", (sent: Buffer) => {
      if (!isAsked) trips += 1;
      isAsked = true;
      const fate = wire.fateOf?.(sent) ?? "pass";
      if (fate !== "cut before") upstream.write(sent);
      if (fate === "pass") return;
      upstream.removeAllListeners("data");
      setTimeout(end, arrivalMs);
    });
    upstream.on("data", (answer: Buffer) => {
      isAsked = false;
      client.write(answer);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const wire: Wire = {
    port: (server.address() as AddressInfo).port,
    get trips() {
      return trips;
    },
    fateOf: undefined,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
  return wire;
}
