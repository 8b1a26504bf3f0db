import type { Socket } from "node:net";
import { connected, leave } from "./h2-connection.ts";
import type { HeaderList } from "./hpack.ts";
import { type Load, Tally } from "./load.ts";

export interface H1Target {
  readonly port: number;
  readonly path: string;
  readonly headers: HeaderList;
  readonly body: Uint8Array;
  /** As many connections: HTTP/1.1 answers one call at a time on each. */
  readonly inFlight: number;
}

/**
 * Unary calls over HTTP/1.1, by a client that writes the same bytes over and over. Connections are opened anew for each
 * round, as servers close those that idle while others have their turn.
 */
export function h1Load(target: H1Target): Load {
  const tally = new Tally(false);
  const head = [
    `POST ${target.path} HTTP/1.1`,
    `host: 127.0.0.1:${target.port}`,
    `content-length: ${target.body.length}`,
    ...target.headers.map(([name, value]) => `${name}: ${value}`),
  ];
  const request = Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), target.body]);

  async function open(): Promise<Socket> {
    const socket = await connected(target.port);
    let kept: Buffer | undefined;
    socket.on("data", (data: Buffer) => {
      const chunk = kept === undefined ? data : Buffer.concat([kept, data]);
      kept = undefined;
      const status = responseStatus(chunk);
      if (status === undefined) kept = chunk;
      else if (status !== "200") tally.fail(new Error(`${target.path} answered ${chunk}`));
      else if (tally.done(0)) {
        tally.sent();
        socket.write(request);
      }
    });
    socket.on("error", (error) => tally.fail(error));
    socket.on("close", () => tally.fail(new Error("the server closed the connection")));
    return socket;
  }

  return {
    async run(ms) {
      const sockets = await Promise.all(Array.from({ length: target.inFlight }, open));
      const result = tally.begin(ms);
      for (const socket of sockets) {
        tally.sent();
        socket.write(request);
      }
      try {
        return await result;
      } finally {
        for (const socket of sockets) leave(socket);
      }
    },
    close: () => undefined,
  };
}

const headEnd = Buffer.from("\r\n\r\n");
const lastChunk = Buffer.from("0\r\n\r\n");

/** The status of a response that is all there, else undefined. */
function responseStatus(bytes: Buffer): string | undefined {
  const end = bytes.indexOf(headEnd);
  if (end === -1) return undefined;
  const head = bytes.toString("latin1", 0, end);
  const length = /content-length: *(\d+)/i.exec(head)?.[1];
  const isWhole =
    length !== undefined
      ? bytes.length >= end + 4 + Number(length)
      : bytes.subarray(bytes.length - lastChunk.length).equals(lastChunk);
  return isWhole ? head.slice(9, 12) : undefined;
}
