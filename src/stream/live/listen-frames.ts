import { create, type MessageInitShape, toBinary, toJsonString } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import type { CloseReason } from "#gen/veza/stream/v1/stream_event_pb.ts";
import { type ListenResponse, ListenResponseSchema } from "#gen/veza/stream/v1/stream_service_pb.ts";
import { frame, type PushSink } from "../../rpc/push-stream.ts";
import type { Channel, HeardPacket } from "./channel.ts";

export type Format = PushSink["format"];
type Kinds = Exclude<ListenResponse["frame"], { case: undefined }>;
type Content = MessageInitShape<typeof ListenResponseSchema>["frame"] & { case: Kinds["case"] };

/** One frame of Listen. */
export function listenFrame(format: Format, content: Content): Uint8Array {
  const message = create(ListenResponseSchema, { frame: content });
  return frame(
    format === "proto"
      ? toBinary(ListenResponseSchema, message)
      : Buffer.from(toJsonString(ListenResponseSchema, message)),
  );
}

/** Packets as a frame, the same bytes for all who are as far. */
export function packetsFrame(channel: Channel, packets: readonly HeardPacket[], format: Format): Uint8Array {
  const first = packets[0] as HeardPacket;
  const last = packets.at(-1) as HeardPacket;
  return channel.frame(first.sequence, last.sequence, format, () =>
    listenFrame(format, {
      case: "packets",
      value: {
        packets: packets.map(({ sequence, pts, duration, data }) => ({
          sequence: BigInt(sequence),
          pts: BigInt(pts),
          duration,
          data,
        })),
      },
    }),
  );
}

export function closingFrame(format: Format, reason: CloseReason, retryAfterMs: number | undefined): Uint8Array {
  const isResumable = retryAfterMs !== undefined;
  return listenFrame(format, {
    case: "closing",
    value: { reason, resumable: isResumable, ...(isResumable ? { retryAfter: durationFromMs(retryAfterMs) } : {}) },
  });
}
