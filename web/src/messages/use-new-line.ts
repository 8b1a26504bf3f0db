import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { useWorkspace } from "../app/use-workspace.ts";

/**
 * Where the line above what is new stands: after what was read before one came, and anew each time one looks elsewhere.
 * @param roomId the room whose reading is counted; undefined for none
 * @param head the number of the last event shown
 * @returns the number of the last event read; undefined for no line
 */
export function useNewLine(
  roomId: string | undefined,
  head: ReadonlySignal<bigint>,
  isLooking: boolean,
): bigint | undefined {
  const { unread } = useWorkspace();
  const [after, setAfter] = useState<bigint | undefined>(() => {
    const before = roomId === undefined ? undefined : unread.peek(roomId);
    return before !== undefined && before.count > 0 ? before.lastRead : undefined;
  });
  useEffect(() => {
    if (isLooking || roomId === undefined) return;
    // What was seen so far is old when one comes back; what was still unread stays so.
    if (unread.peek(roomId).count === 0) setAfter(head.peek());
  }, [isLooking, roomId]);
  return after;
}
