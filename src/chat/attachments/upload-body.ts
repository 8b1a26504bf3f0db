import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy } from "@fastify/busboy";
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
 * by `?name=`. Throws INVALID_FIELD for a form without one.
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
  const parser = openParser(contentType);
  // For good: the parser complains of a form without an end after everything else is over.
  parser.on("error", fail);
  parser.on("file", (_field, stream, name) => {
    stream.on("error", fail);
    if (file !== undefined) return stream.resume();
    file = stream;
    found.resolve({ name: name ?? "", bytes: stream, [Symbol.dispose]: () => stop.abort() });
  });
  const pieces = Readable.from(exchange.body(), { objectMode: false });
  pipeline(pieces, parser, { signal: stop.signal }).then(
    () => found.reject(invalidField(`the form holds no file: ${example}`)),
    fail,
  );
  return found.promise;
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
