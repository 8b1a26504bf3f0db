import type { HttpExchange } from "../../platform/http/http-exchange.ts";
import type { Log } from "../../platform/log.ts";
import { streamNotFound } from "../errors.ts";
import type { Admission, Metadata, OnAirEvents } from "../live-port.ts";
import { sourceKey } from "./credentials.ts";
import { answerOf, type HttpAnswer, internalError, keyWanted } from "./http-answers.ts";
import { streamOfMount } from "./source-address.ts";

/** What a source's `song` says: `artist - title` when it has both. */
export function songOf(query: URLSearchParams): Partial<Metadata> {
  const song = query.get("song")?.trim();
  if (song !== undefined && song !== "") {
    const dash = song.indexOf(" - ");
    if (dash <= 0) return { currentTrack: song, artist: "" };
    return { artist: song.slice(0, dash).trim(), currentTrack: song.slice(dash + 3).trim() };
  }
  const title = query.get("title")?.trim();
  const artist = query.get("artist")?.trim();
  return {
    ...(title === undefined ? {} : { currentTrack: title }),
    ...(artist === undefined ? {} : { artist }),
  };
}

/** `/admin/metadata?mode=updinfo&mount=/live/{id}&song=…`: how sources of the Icecast protocol say what is playing. */
export function createMetadataEndpoint(needs: {
  admission: () => Admission;
  onAir: () => OnAirEvents;
  log: Log;
}): (exchange: HttpExchange) => void {
  const { admission, onAir, log } = needs;

  async function update(exchange: HttpExchange): Promise<HttpAnswer> {
    const key = sourceKey(exchange.header("authorization"));
    if (key === undefined) return keyWanted;
    const query = queryOf(exchange.target);
    const streamId = streamOfMount(query.get("mount") ?? "");
    if (streamId === undefined) throw streamNotFound();
    await admission().metadataByKey(streamId, key);
    if (query.get("mode") !== "updinfo") return { status: 400, headers: {}, sentence: "mode has to be updinfo" };
    const change = songOf(query);
    if (Object.keys(change).length === 0) return { status: 400, headers: {}, sentence: "song is missing" };
    await onAir().metadataChanged(streamId, change);
    return { status: 200, headers: {}, sentence: "Metadata update successful" };
  }

  return (exchange) => {
    void update(exchange)
      .catch((error: unknown) => {
        const answer = answerOf(error);
        if (answer === undefined) log.error({ err: error }, "storing a title failed");
        return answer ?? internalError;
      })
      .then(({ status, headers, sentence }) => {
        const text = sentence.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
        const body = `<?xml version="1.0"?>\n<iceresponse><message>${text}</message><return>${status === 200 ? 1 : 0}</return></iceresponse>\n`;
        exchange.respond(
          status,
          { "content-type": "text/xml; charset=utf-8", "cache-control": "no-store", ...headers },
          Buffer.from(body),
        );
      });
  };
}

/** Old encoders write their titles in Latin-1 rather than UTF-8. */
function queryOf(target: string): URLSearchParams {
  const at = target.indexOf("?");
  const text = at === -1 ? "" : target.slice(at + 1);
  try {
    decodeURIComponent(text.replaceAll("+", " "));
    return new URLSearchParams(text);
  } catch {
    return new URLSearchParams(
      text.replaceAll(/%([89a-f][0-9a-f])/gi, (_, hex: string) =>
        encodeURIComponent(String.fromCharCode(Number.parseInt(hex, 16))),
      ),
    );
  }
}
