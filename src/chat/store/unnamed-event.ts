import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type ChatEvent, ChatEventSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { UserId } from "../../platform/ids.ts";
import { messageIn } from "./redacted-event.ts";

const nobody = "0";

/**
 * A stored event without these users' names, and with nobody in place of them as the one who acted; undefined when it
 * names none of them. Who wrote a message is the message store's to take out.
 */
export function withoutUsers(body: Uint8Array, userIds: ReadonlySet<UserId>): Uint8Array | undefined {
  const event = fromBinary(ChatEventSchema, body);
  let changed = false;
  const named = namedIn(event);
  if (named !== undefined && named.username !== "" && userIds.has(named.userId as UserId)) {
    named.username = "";
    changed = true;
  }
  const message = messageIn(event);
  if (message?.mentions.some(({ userId }) => userIds.has(userId as UserId))) {
    message.mentions = message.mentions.filter(({ userId }) => !userIds.has(userId as UserId));
    changed = true;
  }
  if (userIds.has(event.actorId as UserId)) {
    event.actorId = nobody;
    changed = true;
  }
  return changed ? toBinary(ChatEventSchema, event) : undefined;
}

/** The part of an event that names the user whom it concerns. */
function namedIn({ payload }: ChatEvent): { userId: string; username: string } | undefined {
  switch (payload.case) {
    case "memberJoined":
      return payload.value.member;
    case "memberLeft":
      return payload.value;
    case "sanctionImposed":
      return payload.value.sanction;
    default:
      return undefined;
  }
}
