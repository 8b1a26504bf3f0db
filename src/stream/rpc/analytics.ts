import type { ServiceImpl } from "@connectrpc/connect";
import type { StreamService } from "#gen/veza/stream/v1/stream_service_pb.ts";
import type { Clock } from "../../platform/clock.ts";
import type { ListenerId, StreamId } from "../../platform/ids.ts";
import { cutPage, readPage } from "../../rpc/paging.ts";
import { principalOf } from "../../rpc/principal.ts";
import type { Analytics } from "../analytics.ts";
import { optionalMs, toAnalytics, toMetrics, toSession } from "./convert.ts";
import { userOrCaller } from "./user-or-caller.ts";

export function analyticsHandlers(needs: {
  analytics: Analytics;
  clock: Clock;
}): Partial<ServiceImpl<typeof StreamService>> {
  const { analytics, clock } = needs;
  return {
    async getStreamAnalytics({ streamId, startAt, endAt }, context) {
      const id = streamId as StreamId;
      const time = { from: optionalMs(startAt), to: optionalMs(endAt) };
      const { numbers, window } = await analytics.ofStream(principalOf(context), id, time);
      return { analytics: toAnalytics(id, numbers, window) };
    },
    async getUserListeningHistory(request, context) {
      const caller = principalOf(context);
      const userId = userOrCaller(request.userId, caller);
      const list = `history.${userId}`;
      const page = readPage(request, list, ["string"]);
      const before = page.after?.[0] as ListenerId | undefined;
      const found = await analytics.history(caller, userId, { before, limit: page.size + 1 });
      const { items, nextPageToken } = cutPage(found, page, list, ({ listener }) => [listener.id]);
      return { history: items.map(toSession), nextPageToken };
    },
    async getAudioMetrics({ streamId }, context) {
      const id = streamId as StreamId;
      return { metrics: toMetrics(id, await analytics.metrics(principalOf(context), id), clock.now()) };
    },
  };
}
