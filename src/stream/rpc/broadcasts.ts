import type { ServiceImpl } from "@connectrpc/connect";
import { AudioQuality } from "#gen/veza/stream/v1/audio_pb.ts";
import type { StreamConfig } from "#gen/veza/stream/v1/stream_pb.ts";
import type { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { StreamId } from "../../platform/ids.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { Broadcasts, StartConfig } from "../broadcasts.ts";
import type { Metadata, WantedQuality } from "../live-port.ts";
import type { ShowStream } from "../live-view.ts";
import type { Urls } from "../urls.ts";
import { metadataOf } from "./convert.ts";

export function broadcastHandlers(needs: {
  broadcasts: Broadcasts;
  show: ShowStream;
  urls: Urls;
}): Partial<ServiceImpl<typeof StreamService>> {
  const { broadcasts, show, urls } = needs;
  return {
    async startStream({ streamId, config }, context) {
      const id = streamId as StreamId;
      const stream = await broadcasts.start(principalOf(context), id, configOf(config));
      return { stream: show(stream), listenUrls: urls.listen(id) };
    },
    async stopStream({ streamId }, context) {
      return { summary: await broadcasts.stop(principalOf(context), streamId as StreamId) };
    },
    async pauseStream({ streamId }, context) {
      return { stream: show(await broadcasts.pause(principalOf(context), streamId as StreamId)) };
    },
    async resumeStream({ streamId }, context) {
      return { stream: show(await broadcasts.resume(principalOf(context), streamId as StreamId)) };
    },
    async updateMetadata({ streamId, metadata }, context) {
      // The contract requires it.
      const next: Metadata = metadata === undefined ? nothingPlays : metadataOf(metadata);
      return { stream: show(await broadcasts.setMetadata(principalOf(context), streamId as StreamId, next)) };
    },
  };
}

const nothingPlays: Metadata = { currentTrack: "", artist: "", album: "", genre: "", customFields: {} };

function configOf(config: StreamConfig | undefined): StartConfig {
  const quality = config?.defaultQuality;
  return {
    // UNSPECIFIED names none.
    defaultQuality: quality === AudioQuality.UNSPECIFIED ? undefined : (quality as WantedQuality | undefined),
    metadata: config?.metadata && metadataOf(config.metadata),
    record: config?.record ?? false,
  };
}
