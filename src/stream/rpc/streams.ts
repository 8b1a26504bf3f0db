import type { ServiceImpl } from "@connectrpc/connect";
import { StreamSort } from "#gen/veza/stream/v1/stream_pb.ts";
import type { StreamService, UpdateStreamRequest } from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { RoomId, StreamId } from "../../platform/ids.ts";
import { cutPage, readPage } from "../../rpc/paging.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { WantedQuality } from "../live-port.ts";
import type { ShowStream } from "../live-view.ts";
import type { Visibility } from "../permissions.ts";
import type { StreamChanges, Streams } from "../streams.ts";
import type { Urls } from "../urls.ts";

export function streamHandlers(needs: {
  streams: Streams;
  show: ShowStream;
  urls: Urls;
}): Partial<ServiceImpl<typeof StreamService>> {
  const { streams, show, urls } = needs;
  return {
    async createStream(request, context) {
      const { title, description, category, visibility, defaultQuality, requestId } = request;
      const roomId = request.roomId as RoomId | undefined;
      const wish = { title, description, category, visibility, defaultQuality, roomId };
      const { stream, key } = await streams.create(principalOf(context), wish, requestId);
      return { stream: show(stream), streamKey: key, ingestUrls: urls.ingest(stream.id) };
    },
    async updateStream(request, context) {
      const { streamId } = request;
      return { stream: show(await streams.update(principalOf(context), streamId as StreamId, changesOf(request))) };
    },
    async deleteStream({ streamId }, context) {
      await streams.delete(principalOf(context), streamId as StreamId);
      return {};
    },
    async rotateStreamKey({ streamId }, context) {
      const streamKey = await streams.rotateKey(principalOf(context), streamId as StreamId);
      return { streamKey, ingestUrls: urls.ingest(streamId as StreamId) };
    },
    async getStreamInfo({ streamId }, context) {
      return { stream: show(await streams.info(principalOf(context), streamId as StreamId)) };
    },
    async listActiveStreams(request) {
      const { category = 0, sortBy: sort } = request;
      const list = `streams.active.${category}.${sort === StreamSort.UNSPECIFIED ? StreamSort.LISTENERS : sort}`;
      const page = readPage(request, list, [sort === StreamSort.TITLE ? "string" : "number", "string"]);
      const [by, id] = page.after ?? [];
      const after = by !== undefined && id !== undefined ? { by, id: id as StreamId } : undefined;
      const found = await streams.active({ category, sort }, { after, limit: page.size + 1 });
      const { items, nextPageToken } = cutPage(found.streams, page, list, (stream) => {
        const place = streams.placeOf(stream, sort);
        return [place.by, place.id];
      });
      return { streams: items.map(show), nextPageToken, totalSize: found.total };
    },
    async listMyStreams(request, context) {
      const list = "streams.mine";
      const page = readPage(request, list, ["string"]);
      const before = page.after?.[0] as StreamId | undefined;
      const found = await streams.own(principalOf(context), { before, limit: page.size + 1 });
      const { items, nextPageToken } = cutPage(found.streams, page, list, ({ id }) => [id]);
      return { streams: items.map(show), nextPageToken, totalSize: found.total };
    },
  };
}

function changesOf(request: UpdateStreamRequest): StreamChanges {
  const { title, description, category, visibility, defaultQuality, roomId } = request;
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(category !== undefined && { category }),
    ...(visibility !== undefined && { visibility: visibility as Visibility }),
    ...(defaultQuality !== undefined && { defaultQuality: defaultQuality as WantedQuality }),
    ...(roomId !== undefined && { roomId: roomId === "" ? null : (roomId as RoomId) }),
  };
}
