import type { Duplex } from "node:stream";
import { limits } from "../../platform/limits.ts";

/** What a source says before its sound, as far as it matters. */
export interface SourceRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  /** What came behind the headers already: the beginning of the sound. */
  readonly rest: Buffer;
}

const headEnd = Buffer.from("\r\n\r\n");

/**
 * Reads the head of a request from a socket and leaves it paused. Undefined when it is none, is too long, does not come
 * in time, or the client leaves.
 */
export function readSourceRequest(socket: Duplex, firstBytes: Uint8Array): Promise<SourceRequest | undefined> {
  let seen: Buffer = Buffer.from(firstBytes);
  return new Promise((resolve) => {
    const tooSlow = setTimeout(() => finish(undefined), limits.port.headersMs).unref();
    function finish(request: SourceRequest | undefined): void {
      clearTimeout(tooSlow);
      socket.removeListener("data", onData);
      socket.removeListener("close", onClose);
      socket.pause();
      resolve(request);
    }
    function look(): boolean {
      const end = seen.indexOf(headEnd);
      if (end === -1 && seen.length <= limits.port.headerBytes) return false;
      finish(end === -1 ? undefined : parseHead(seen.toString("latin1", 0, end), seen.subarray(end + headEnd.length)));
      return true;
    }
    function onData(chunk: Buffer): void {
      seen = Buffer.concat([seen, chunk]);
      look();
    }
    function onClose(): void {
      finish(undefined);
    }
    if (look()) return;
    socket.on("data", onData);
    socket.once("close", onClose);
    socket.resume();
  });
}

function parseHead(head: string, rest: Buffer): SourceRequest | undefined {
  const [first = "", ...lines] = head.split("\r\n");
  const start = /^([A-Z]+) (\S+) (?:HTTP\/1\.[01]|ICE\/1\.0)$/.exec(first);
  if (start === null) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon <= 0) return undefined;
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  return { method: start[1] as string, target: start[2] as string, headers, rest };
}
