import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type ChatEvent, ChatEventSchema } from "#gen/veza/chat/v1/chat_event_pb.ts";
import type { UserId } from "../../platform/ids.ts";
import { messageIn } from "./redacted-event.ts";

const nobody = "0";

/**
 * Whom an event names, each once: who acted, whom it concerns, who is mentioned. Not who wrote the message that it holds,
 * by which it is found.
 */
export function namedIn(event: ChatEvent): UserId[] {
  const concerned = concernedBy(event);
  const message = messageIn(event);
  const users = new Set([event.actorId, ...(message?.mentions ?? []).map(({ userId }) => userId)]);
  if (concerned !== undefined && concerned.username !== "") users.add(concerned.userId);
  users.delete(nobody);
  if (message !== undefined) users.delete(message.senderId);
  return [...users] as UserId[];
}

/**
 * A stored event without this user's name, and with nobody in place of them as the one who acted; undefined when it does
 * not name them. Who wrote a message is the message store's to take out.
 */
export function withoutUser(body: Uint8Array, userId: UserId): Uint8Array | undefined {
  const event = fromBinary(ChatEventSchema, body);
  if (!namedIn(event).includes(userId)) return undefined;
  const concerned = concernedBy(event);
  if (concerned?.userId === userId) concerned.username = "";
  const message = messageIn(event);
  if (message !== undefined) message.mentions = message.mentions.filter((mentioned) => mentioned.userId !== userId);
  if (event.actorId === userId) event.actorId = nobody;
  return toBinary(ChatEventSchema, event);
}

/** The part of an event that names the user whom it concerns. */
function concernedBy({ payload }: ChatEvent): { userId: string; username: string } | undefined {
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
