import { type ClientHttp2Stream, constants, type OutgoingHttpHeaders } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import type { UniversalClientFn, UniversalClientResponse } from "@connectrpc/connect/protocol";
import { cancel } from "./instance.ts";
import type { Upstream } from "./upstream.ts";

const { NGHTTP2_NO_ERROR } = constants;

/** Sends the requests of a client to instances of a part elsewhere. */
export function httpClientOf(upstream: Upstream): UniversalClientFn {
  return async ({ url, method, header, body, signal }) => {
    signal?.throwIfAborted();
    const instance = await upstream.pick();
    const { pathname, search } = new URL(url);
    const headers: OutgoingHttpHeaders = { ":method": method, ":path": pathname + search };
    header.forEach((value, name) => {
      headers[name] = value;
    });
    const answered = Promise.withResolvers<UniversalClientResponse>();
    let isAnswered = false;
    const stream = instance?.open(headers, body === undefined, () => {
      if (!isAnswered && stream !== undefined) cancel(stream);
    });
    if (stream === undefined) throw unreachable(upstream, undefined);
    const giveUp = () => cancel(stream);
    signal?.addEventListener("abort", giveUp);
    stream.once("close", () => signal?.removeEventListener("abort", giveUp));

    const trailer = new Headers();
    let failed: unknown;
    stream.on("trailers", (trailers) => append(trailer, trailers));
    stream.on("error", (error) => {
      failed = error;
    });
    stream.once("close", () => answered.reject(signal?.aborted ? signal.reason : unreachable(upstream, failed)));
    stream.once("response", (given) => {
      isAnswered = true;
      const responseHeader = new Headers();
      append(responseHeader, given);
      answered.resolve({ status: given[":status"] ?? 502, header: responseHeader, body: bodyOf(stream), trailer });
    });

    async function* bodyOf(stream: ClientHttp2Stream): AsyncGenerator<Uint8Array> {
      try {
        for await (const bytes of stream) yield bytes as Uint8Array;
      } catch (error) {
        throw signal?.aborted ? signal.reason : unreachable(upstream, error);
      }
      if (stream.rstCode !== NGHTTP2_NO_ERROR) throw unreachable(upstream, failed);
    }
    async function send(stream: ClientHttp2Stream): Promise<void> {
      for await (const bytes of body ?? []) {
        if (!stream.write(bytes)) {
          await new Promise<void>((resolve) => {
            stream.once("drain", resolve);
            stream.once("close", resolve);
          });
        }
        if (stream.destroyed) return;
      }
      stream.end();
    }
    if (body !== undefined) send(stream).catch((error: unknown) => stream.destroy(error as Error));
    return await answered.promise;
  };
}

function append(headers: Headers, given: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith(":") || value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) headers.append(name, String(each));
  }
}

function unreachable(upstream: Upstream, cause: unknown): ConnectError {
  return new ConnectError(`${upstream.name} cannot be reached`, Code.Unavailable, undefined, undefined, cause);
}
