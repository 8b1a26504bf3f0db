import type { Principal } from "../../platform/access/principal.ts";
import type { HttpExchange, HttpHeaders } from "../../platform/http/http-exchange.ts";
import type { RecordingId, StreamId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import type { CountryOf } from "../country.ts";
import type { Admission } from "../live-port.ts";
import { answerOf, type HttpAnswer, internalError } from "./http-answers.ts";
import { type ListenForm, listenCors } from "./http-listen.ts";
import type { Listening } from "./listening.ts";
import type { RecordingFiles } from "./recording-files.ts";
import { recordingCors, sendRecording } from "./recording-http.ts";
import { qualityNamed } from "./renditions.ts";

/** What is asked of a stream over HTTP. */
export interface ListenRequest {
  readonly streamId: string;
  readonly form: ListenForm;
  /** `low`, `medium`, `high`, `ultra` or `auto`, which is also meant by undefined. */
  readonly quality: string | undefined;
}

/** Sound over plain HTTP, for whoever is known to ask. Every failure is answered here. */
export interface ListenHttp {
  listen(exchange: HttpExchange, caller: Principal | undefined, request: ListenRequest): void;
  recording(exchange: HttpExchange, caller: Principal | undefined, recordingId: string): void;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function createListenHttp(needs: {
  admission: () => Admission;
  listening: Listening;
  files: RecordingFiles;
  countryOf: CountryOf;
  log: Log;
}): ListenHttp {
  const { admission, listening, files, countryOf, log } = needs;

  function refuse(exchange: HttpExchange, cors: HttpHeaders, error: unknown): void {
    if (exchange.closed) return;
    const answer = answerOf(error);
    if (answer === undefined) log.error({ err: error, path: exchange.target.split("?", 1)[0] }, "http request failed");
    respond(exchange, cors, answer ?? internalError);
  }

  return {
    listen(exchange, caller, { streamId, form, quality: name }) {
      const quality = qualityNamed(name ?? "auto");
      if (quality === undefined) {
        const sentence = "quality has to be auto, low, medium, high or ultra";
        return respond(exchange, listenCors, { status: 400, headers: {}, sentence });
      }
      if (!uuid.test(streamId)) return respond(exchange, listenCors, nothingHere);
      const wish = {
        streamId: streamId as StreamId,
        form,
        quality,
        country: countryOf(headersOf(exchange), exchange.remoteAddress),
      };
      const answered =
        exchange.method === "HEAD"
          ? listening.headHttp(exchange, caller, wish)
          : listening.listenHttp(exchange, caller, wish);
      answered.catch((error: unknown) => refuse(exchange, listenCors, error));
    },

    recording(exchange, caller, recordingId) {
      if (!uuid.test(recordingId)) return respond(exchange, recordingCors, nothingHere);
      admission()
        .recording(caller, recordingId as RecordingId)
        .then((recording) => sendRecording(exchange, recording, files, caller === undefined))
        .catch((error: unknown) => refuse(exchange, recordingCors, error));
    },
  };
}

function headersOf(exchange: HttpExchange) {
  return { get: (name: string) => exchange.header(name.toLowerCase()) ?? null };
}

const nothingHere: HttpAnswer = { status: 404, headers: {}, sentence: "there is nothing here" };

function respond(exchange: HttpExchange, cors: HttpHeaders, { status, headers, sentence }: HttpAnswer): void {
  exchange.respond(
    status,
    { "content-type": "application/json", "cache-control": "no-store", ...cors, ...headers },
    Buffer.from(JSON.stringify({ error: sentence })),
  );
}
