import { useEffect } from "preact/hooks";
import type { Room } from "#gen/veza/chat/v1/room_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";

/** Follows a room that the person looks into: who is no member is not sent its events unless asking for them. */
export function useGuestEvents(room: Room | undefined): void {
  const { live, rooms } = useWorkspace();
  const isGuest = room !== undefined && room.myRole === undefined;
  useEffect(() => {
    if (!isGuest) return;
    const looking = new AbortController();
    live.watch(room.id, rooms.headOf(room), looking.signal);
    return () => looking.abort();
  }, [isGuest]);
}
