import { durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { ListenerId, StreamId } from "../../platform/ids.ts";
import { cutPage, readPage } from "../../rpc/paging.ts";
import { peerAddressKey } from "../../rpc/peer-address.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { CountryOf } from "../country.ts";
import type { Listeners } from "../listeners.ts";
import type { Urls } from "../urls.ts";

export function listenerHandlers(needs: {
  listeners: Listeners;
  urls: Urls;
  countryOf: CountryOf;
}): Partial<ServiceImpl<typeof StreamService>> {
  const { listeners, urls, countryOf } = needs;
  return {
    async joinStream({ streamId, preferredQuality: quality, requestId }, context) {
      const country = countryOf(context.requestHeader, context.values.get(peerAddressKey));
      const wish = { streamId: streamId as StreamId, quality, country };
      const { listener, offer } = await listeners.join(principalOf(context), wish, requestId);
      return {
        listenerId: listener.id,
        listenUrls: urls.listen(listener.streamId),
        actualQuality: offer.quality,
        bufferDuration: durationFromMs(Math.round(offer.bufferMs)),
      };
    },
    async leaveStream({ streamId, listenerId }, context) {
      const id = listenerId as ListenerId | undefined;
      const { listenMs } = await listeners.leave(principalOf(context), streamId as StreamId, id);
      return { listenDuration: durationFromMs(Math.round(listenMs)) };
    },
    async getListeners(request, context) {
      const list = `listeners.${request.streamId}`;
      const page = readPage(request, list, ["string"]);
      const after = page.after?.[0] as ListenerId | undefined;
      const place = { after, limit: page.size + 1 };
      const found = await listeners.list(principalOf(context), request.streamId as StreamId, place);
      const { items, nextPageToken } = cutPage(found.listeners, page, list, ({ id }) => [id]);
      return { listeners: items, nextPageToken, totalSize: found.total };
    },
    async changeQuality({ streamId, quality, listenerId }, context) {
      const id = listenerId as ListenerId | undefined;
      return {
        actualQuality: await listeners.changeQuality(principalOf(context), streamId as StreamId, id, quality),
      };
    },
    async setVolume({ streamId, volume, listenerId }, context) {
      await listeners.setVolume(
        principalOf(context),
        streamId as StreamId,
        listenerId as ListenerId | undefined,
        volume,
      );
      return { volume };
    },
    async reportPlayback({ streamId, listenerId, buffered, underruns }, context) {
      const report = { bufferedMs: buffered === undefined ? 0 : durationMs(buffered), underruns };
      const actualQuality = await listeners.reportPlayback(
        principalOf(context),
        streamId as StreamId,
        listenerId as ListenerId,
        report,
      );
      return { actualQuality };
    },
  };
}
