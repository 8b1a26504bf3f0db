import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import { ListenResponseSchema, type StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { ListenerId, StreamId } from "../../platform/ids.ts";
import { peerAddressKey } from "../../rpc/peer-address.ts";
import { principalOf } from "../../rpc/principal.ts";
import { pushStream } from "../../rpc/push-stream.ts";
import type { CountryOf } from "../country.ts";
import type { Listening } from "../live/listening.ts";
import type { Publishing } from "../live/publish.ts";

/** Sound in and out: PublishAudio, PublishChunk and Listen. */
export function liveHandlers(needs: {
  publishing: Publishing;
  listening: Listening;
  countryOf: CountryOf;
}): Partial<ServiceImpl<typeof StreamService>> {
  const { publishing, listening, countryOf } = needs;
  return {
    async publishAudio(requests, context) {
      const { received, dropped, takenMs } = await publishing.audio(principalOf(context), requests, context.signal);
      return {
        packetsReceived: BigInt(received),
        packetsDropped: BigInt(dropped),
        duration: durationFromMs(Math.round(takenMs)),
      };
    },

    async publishChunk(request, context) {
      return { nextSequence: BigInt(await publishing.chunk(principalOf(context), request)) };
    },

    // Not a generator: the stream writes frames that all listeners of a quality share.
    listen(request, context) {
      const caller = principalOf(context);
      const wish = {
        streamId: request.streamId as StreamId,
        listenerId: request.listenerId as ListenerId | undefined,
        preferredQuality: request.preferredQuality,
        country: countryOf(context.requestHeader, context.values.get(peerAddressKey)),
      };
      return pushStream(ListenResponseSchema, (sink) => {
        listening.listen(caller, wish, context.signal, sink).catch((error: unknown) => sink.end(error));
      });
    },
  };
}
