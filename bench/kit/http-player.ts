import { connect } from "node:net";
import { leave } from "./h2-connection.ts";
import type { Radio } from "./radio.ts";

/** Somebody who hears a radio over a connection of their own. */
export interface HttpPlayer {
  /** Resolves once the connection stands, rejects when it does not. */
  readonly connected: Promise<void>;
  /** What came behind the head of the answer, chunk sizes included. */
  readonly bytes: number;
  leave(): void;
}

const headEnd = Buffer.from("\r\n\r\n");

/** Asks for the sound and swallows it. `onSound` hears of its first byte, `onOver` of any end. */
export function playHttp(
  { name, port, path }: Pick<Radio, "name" | "port" | "path">,
  onSound: () => void,
  onOver: (error: Error) => void,
): HttpPlayer {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  const connected = Promise.withResolvers<void>();
  connected.promise.catch(() => undefined);
  let head: Buffer | undefined = Buffer.alloc(0);
  let bytes = 0;
  socket.once("connect", () => connected.resolve());
  socket.on("data", (data: Buffer) => {
    if (head === undefined) {
      if (bytes === 0) onSound();
      bytes += data.length;
      return;
    }
    head = Buffer.concat([head, data]);
    const end = head.indexOf(headEnd);
    if (end === -1) return;
    if (!head.toString("latin1", 0, 12).endsWith("200")) return onOver(new Error(`${name} answered ${head}`));
    bytes = head.length - end - headEnd.length;
    head = undefined;
    if (bytes > 0) onSound();
  });
  socket.on("error", (error) => {
    connected.reject(error);
    onOver(error);
  });
  socket.on("close", () => onOver(new Error(`${name} closed a listener's connection`)));
  socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nuser-agent: veza-bench\r\naccept: */*\r\n\r\n`);
  return {
    connected: connected.promise,
    get bytes() {
      return bytes;
    },
    leave() {
      socket.removeAllListeners("error");
      socket.on("error", () => undefined);
      leave(socket);
    },
  };
}
