import type { ServiceImpl } from "@connectrpc/connect";
import type { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { RecordingId, StreamId, UserId } from "../../platform/ids.ts";
import { cutPage, readPage } from "../../rpc/paging.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { Recordings } from "../recordings.ts";

export function recordingHandlers(needs: { recordings: Recordings }): Partial<ServiceImpl<typeof StreamService>> {
  const { recordings } = needs;
  return {
    async startRecording({ streamId, title, quality, requestId }, context) {
      const wish = { streamId: streamId as StreamId, title, quality };
      return { recording: await recordings.start(principalOf(context), wish, requestId) };
    },
    async stopRecording({ recordingId }, context) {
      return { recording: await recordings.stop(principalOf(context), recordingId as RecordingId) };
    },
    async getRecordings(request, context) {
      const streamerId = request.streamerId as UserId | undefined;
      const streamId = request.streamId as StreamId | undefined;
      const list = `recordings.${streamerId ?? ""}.${streamId ?? ""}`;
      const page = readPage(request, list, ["string"]);
      const before = page.after?.[0] as RecordingId | undefined;
      const place = { before, limit: page.size + 1 };
      const found = await recordings.list(principalOf(context), { streamerId, streamId }, place);
      const { items, nextPageToken } = cutPage(found, page, list, ({ id }) => [id]);
      return { recordings: items, nextPageToken };
    },
    async deleteRecording({ recordingId }, context) {
      await recordings.delete(principalOf(context), recordingId as RecordingId);
      return {};
    },
  };
}
