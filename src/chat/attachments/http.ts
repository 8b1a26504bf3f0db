import type { Principal } from "../../platform/access/principal.ts";
import { Failure, Reason } from "../../platform/failure.ts";
import type { HttpExchange } from "../../platform/http/http-exchange.ts";
import { refuse } from "../../platform/http/refuse.ts";
import { sendFile } from "../../platform/http/send-file.ts";
import type { AttachmentId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import type { FileUrls } from "../file-urls.ts";
import type { AttachedFile } from "../store/attachment-store.ts";
import type { Attachments, FileForm } from "./attachments.ts";
import { isShownInline } from "./content-types.ts";
import { disposition } from "./file-names.ts";
import { thumbnailType } from "./pictures.ts";
import { uploadBodyOf } from "./upload-body.ts";

/** Files over plain HTTP, for whoever is known to ask. Every failure is answered here. */
export interface FilesHttp {
  /** Takes a file in and answers what it became, as JSON. */
  upload(exchange: HttpExchange, caller: Principal | undefined): void;
  /** Sends a file, or the part of it that is asked for. */
  download(exchange: HttpExchange, caller: Principal | undefined, id: string, form: FileForm): void;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The token is in a header or in the address, so an origin proves nothing. */
const cors = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "accept-ranges, content-disposition, content-length, content-range, etag",
} as const;

/** Whatever a file holds, a browser that is sent to it runs nothing of it. */
const harmless = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox",
  "cross-origin-resource-policy": "cross-origin",
  "referrer-policy": "no-referrer",
} as const;

export function createFilesHttp(needs: { attachments: Attachments; urls: FileUrls; log: Log }): FilesHttp {
  const { attachments, urls, log } = needs;

  async function takeIn(exchange: HttpExchange, caller: Principal | undefined): Promise<void> {
    if (caller === undefined) throw new Failure(Reason.UNAUTHENTICATED);
    using body = await uploadBodyOf(exchange);
    const file = await attachments.upload(caller.userId, body.name, body.bytes);
    exchange.respond(
      201,
      {
        "content-type": "application/json",
        "cache-control": "no-store",
        location: urls.file(file.id),
        ...cors,
      },
      Buffer.from(JSON.stringify(described(file))),
    );
  }

  function described({ id, name, size, contentType, width, height, hasThumbnail }: AttachedFile) {
    const thumbnail = hasThumbnail ? urls.thumbnail(id) : undefined;
    return { id, name, size, contentType, width, height, url: urls.file(id), thumbnail };
  }

  async function send(
    exchange: HttpExchange,
    caller: Principal | undefined,
    id: string,
    form: FileForm,
  ): Promise<void> {
    if (caller === undefined) throw new Failure(Reason.UNAUTHENTICATED);
    if (!uuid.test(id)) throw new Failure(Reason.ATTACHMENT_NOT_FOUND);
    const { file, kept } = await attachments.open(caller, id as AttachmentId, form);
    await using _ = kept;
    const contentType = form === "original" ? file.contentType : thumbnailType;
    const kind = isShownInline(contentType) ? "inline" : "attachment";
    await sendFile(exchange, kept, {
      etag: `"${form}-${file.id}"`,
      "content-type": contentType === "text/plain" ? "text/plain; charset=utf-8" : contentType,
      "content-disposition": disposition(kind, file.name),
      // Asked again each time: whoever is banned since, or the file deleted, finds nothing.
      "cache-control": "private, no-cache",
      ...harmless,
      ...cors,
    });
  }

  return {
    upload: (exchange, caller) => void takeIn(exchange, caller).catch((error: unknown) => refuse(exchange, error, log)),
    download: (exchange, caller, id, form) =>
      void send(exchange, caller, id, form).catch((error: unknown) => refuse(exchange, error, log)),
  };
}
