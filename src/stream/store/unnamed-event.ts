import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type StreamEvent, StreamEventSchema } from "#gen/veza/stream/v1/stream_event_pb.ts";
import type { UserId } from "../../platform/ids.ts";

const nobody = "0";

/** A stored event without these users, with nobody in place of them; undefined when it names none of them. */
export function withoutUsers(body: Uint8Array, userIds: ReadonlySet<UserId>): Uint8Array | undefined {
  const event = fromBinary(StreamEventSchema, body);
  let changed = false;
  if (userIds.has(event.actorId as UserId)) {
    event.actorId = nobody;
    changed = true;
  }
  const { payload } = event;
  if (payload.case === "listenerJoined" || payload.case === "listenerLeft") {
    const { listener } = payload.value;
    if (listener !== undefined && userIds.has(listener.userId as UserId)) {
      listener.userId = nobody;
      listener.username = "";
      changed = true;
    }
  }
  const owned = ownedIn(event);
  if (owned !== undefined && userIds.has(owned.streamerId as UserId)) {
    owned.streamerId = nobody;
    if (owned.streamerUsername !== undefined) owned.streamerUsername = "";
    changed = true;
  }
  return changed ? toBinary(StreamEventSchema, event) : undefined;
}

/** The part of an event that names a streamer. */
function ownedIn({ payload }: StreamEvent): { streamerId: string; streamerUsername?: string } | undefined {
  switch (payload.case) {
    case "started":
      return payload.value.stream;
    case "recordingStarted":
    case "recordingStopped":
      return payload.value.recording;
    default:
      return undefined;
  }
}
