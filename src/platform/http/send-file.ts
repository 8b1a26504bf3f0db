import { limits } from "../limits.ts";
import type { HttpExchange, HttpHeaders } from "./http-exchange.ts";
import { wantedRange } from "./ranges.ts";

/** What is sent: bytes that never change. */
export interface SendableFile {
  /** In bytes. */
  readonly size: number;
  /** The bytes from one place to another, both included, at the pace they are asked for. */
  read(from: number, to: number): AsyncIterable<Uint8Array>;
}

/**
 * Sends a file, or the part of it that is asked for, with these headers besides those of its length and parts. `etag`
 * names the file, in quotes. Resolves when it is sent or the reader has left.
 */
export async function sendFile(
  exchange: HttpExchange,
  file: SendableFile,
  { etag, ...rest }: HttpHeaders & { readonly etag: string },
): Promise<void> {
  const { size } = file;
  const headers = { ...rest, etag, "accept-ranges": "bytes" };
  if (names(exchange.header("if-none-match"), etag)) {
    exchange.begin(304, headers, false);
    return exchange.end();
  }
  const ifRange = exchange.header("if-range");
  const range = ifRange !== undefined && ifRange !== etag ? "all" : wantedRange(exchange.header("range"), size);
  if (range === "unsatisfiable") {
    return exchange.respond(416, { ...headers, "content-range": `bytes */${size}` }, undefined);
  }
  const { from, to } = range === "all" ? { from: 0, to: size - 1 } : range;
  const length = { "content-length": String(to - from + 1) };
  if (range === "all") exchange.begin(200, { ...headers, ...length }, false);
  else exchange.begin(206, { ...headers, ...length, "content-range": `bytes ${from}-${to}/${size}` }, false);
  if (exchange.method !== "HEAD") await writeAll(file.read(from, to), exchange);
  exchange.end();
}

/** Whether If-None-Match names what would be sent, however it was weakened on its way (RFC 9110 §13.1.2). */
function names(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(",").some((each) => ["*", etag, `W/${etag}`].includes(each.trim()));
}

/**
 * Writes what follows the headers, at the pace of the reader. Resolves when all is written or the reader has left; what the
 * bytes throw cuts the exchange off, and is thrown.
 */
export async function writeAll(bytes: AsyncIterable<Uint8Array>, exchange: HttpExchange): Promise<void> {
  let wake: () => void = () => undefined;
  exchange.onDrain(() => wake());
  exchange.onClose(() => wake());
  try {
    for await (const piece of bytes) {
      if (exchange.closed) return;
      const drained = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if (exchange.write(piece)) continue;
      const stalled = setTimeout(() => exchange.reset(), limits.port.stalledReaderMs).unref();
      await drained;
      clearTimeout(stalled);
      if (exchange.closed) return;
    }
  } catch (error) {
    // The status is on its way already: a cut says that this is not the end.
    exchange.reset();
    throw error;
  }
}
