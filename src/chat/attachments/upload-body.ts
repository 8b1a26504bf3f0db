import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy } from "@fastify/busboy";
import { IncomingStalled } from "../../platform/files/files.ts";
import type { HttpExchange } from "../../platform/http/http-exchange.ts";
import { limits } from "../../platform/limits.ts";
import { invalidField } from "../content.ts";

/** A file on its way in. Disposing gives up what has not been read of it. */
export interface UploadBody extends Disposable {
  readonly name: string;
  /** As it comes, at the pace it is asked for. Throws when the sender goes away before its end. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

const example = "send the file as the body, or as the first file of a multipart form";

/**
 * The file that a request brings: the first one of a form, as browsers and `curl -F` send it, else the body itself, named
 * by `?name=`. Throws INVALID_FIELD for a form without one, or with too much before it, IncomingStalled when it is too long
 * in coming.
 */
export async function uploadBodyOf(exchange: HttpExchange): Promise<UploadBody> {
  const contentType = exchange.header("content-type") ?? "";
  if (/^multipart\/form-data *;/i.test(contentType)) return firstFile(exchange, contentType);
  const query = exchange.target.split("?")[1] ?? "";
  return {
    name: new URLSearchParams(query).get("name") ?? "",
    bytes: exchange.body(),
    [Symbol.dispose]: () => undefined,
  };
}

async function firstFile(exchange: HttpExchange, contentType: string): Promise<UploadBody> {
  const stop = new AbortController();
  const found = Promise.withResolvers<UploadBody>();
  let file: Readable | undefined;
  function fail(): void {
    const error = invalidField(`the form cannot be read: ${example}`);
    found.reject(error);
    file?.destroy(error);
  }
  /** The file is paced and measured by who takes it; what comes before it is so here. */
  async function* bounded(): AsyncIterable<Uint8Array> {
    let bytes = 0;
    for await (const piece of exchange.body()) {
      bytes += piece.length;
      if (file === undefined && bytes > limits.files.formBytesBeforeFile) {
        found.reject(invalidField(`the form holds too much before its file: ${example}`));
        return stop.abort();
      }
      yield piece;
    }
  }
  const parser = openParser(contentType);
  // For good: the parser complains of a form without an end after everything else is over.
  parser.on("error", fail);
  parser.on("file", (_field, stream, name) => {
    stream.on("error", fail);
    if (file !== undefined) return stream.resume();
    file = stream;
    found.resolve({ name: name ?? "", bytes: stream, [Symbol.dispose]: () => stop.abort() });
  });
  const late = setTimeout(() => {
    found.reject(new IncomingStalled("the form's file is too long in coming"));
    stop.abort();
  }, limits.port.stalledBodyMs).unref();
  pipeline(Readable.from(bounded(), { objectMode: false }), parser, { signal: stop.signal }).then(
    () => found.reject(invalidField(`the form holds no file: ${example}`)),
    fail,
  );
  try {
    return await found.promise;
  } finally {
    clearTimeout(late);
  }
}

function openParser(contentType: string): InstanceType<typeof Busboy> {
  const { formParts, formFieldBytes, pieceBytes } = limits.files;
  try {
    return new Busboy({
      headers: { "content-type": contentType },
      fileHwm: pieceBytes,
      limits: { files: 2, fields: formParts, parts: formParts, fieldSize: formFieldBytes },
    });
  } catch {
    throw invalidField(`the form has no boundary: ${example}`);
  }
}
