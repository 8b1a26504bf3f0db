import { connect, type Socket } from "node:net";

/** A source of the Icecast protocol, byte by byte. */
export interface IcecastSource {
  readonly socket: Socket;
  /** Everything that the service has said so far. */
  said(): string;
  /** Resolves once the service has said so much; rejects when it closes without. */
  says(part: string): Promise<string>;
  send(bytes: Uint8Array): void;
  /** Resolves once the service has closed the connection. */
  readonly closed: Promise<void>;
  drop(): void;
}

export interface IcecastRequest {
  readonly method?: "PUT" | "SOURCE";
  readonly path: string;
  readonly key?: string | undefined;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function basic(key: string): string {
  return `Basic ${Buffer.from(`source:${key}`).toString("base64")}`;
}

/** Connects and sends the head of a request that has neither a length nor chunks. */
export function icecastSource(gateway: string, request: IcecastRequest): IcecastSource {
  const { hostname, port } = new URL(gateway);
  const { method = "PUT", path, key, contentType = "audio/mpeg" } = request;
  const socket = connect(Number(port), hostname);
  let said = "";
  let look: () => void = () => undefined;
  socket.on("data", (chunk: Buffer) => {
    said += chunk.toString("latin1");
    look();
  });
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
  });
  const headers = {
    host: `${hostname}:${port}`,
    "content-type": contentType,
    ...(key === undefined ? {} : { authorization: basic(key) }),
    ...request.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${method} ${path} HTTP/1.${method === "PUT" ? 1 : 0}\r\n${lines.join("")}\r\n`);
  return {
    socket,
    said: () => said,
    says(part) {
      return new Promise((resolve, reject) => {
        look = () => {
          if (said.includes(part)) resolve(said);
        };
        look();
        void closed.then(() => reject(new Error(`the service closed and said ${JSON.stringify(said)}`)));
      });
    },
    send: (bytes) => void socket.write(bytes),
    closed,
    drop: () => socket.destroy(),
  };
}
