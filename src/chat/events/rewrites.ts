import { type ChatEvent, LeaveReason } from "#gen/veza/chat/v1/chat_event_pb.ts";

/** Whether storing this event also blanked something in earlier ones: a deleted message's words, an erased name. */
export function rewritesThePast(event: ChatEvent): boolean {
  const { payload } = event;
  if (payload.case === "messageDeleted") return true;
  return payload.case === "memberLeft" && payload.value.reason === LeaveReason.ERASED;
}
