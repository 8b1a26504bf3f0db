import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useWorkspace } from "../app/use-workspace.ts";
import type { UnreadCounts } from "../unread/unread.ts";

/** What came since the person last looked. */
export interface NewLine {
  /** The number of the last event read before it. */
  readonly after: bigint;
  /** How much was unread when the place was opened; zero for what came while it was open. */
  readonly count: number;
  /** There is nothing new any more. */
  clear(): void;
}

/**
 * Where the line above what is new stands: after what was read before one came, and anew each time one looks elsewhere.
 * @param roomId the room whose reading is counted; undefined for none
 * @param head the number of the last event shown
 * @returns undefined for no line
 */
export function useNewLine(
  roomId: string | undefined,
  head: ReadonlySignal<bigint>,
  isLooking: boolean,
): NewLine | undefined {
  const { unread } = useWorkspace();
  const isAsked = unread.isAsked.value;
  const [line, setLine] = useState(() => unreadLine(roomId, unread));
  // Who comes by a link may be here before the counts are.
  const wasAsked = useRef(isAsked);
  useLayoutEffect(() => {
    if (isAsked && !wasAsked.current) setLine(unreadLine(roomId, unread));
    wasAsked.current = isAsked;
  }, [isAsked]);
  useEffect(() => {
    if (isLooking || roomId === undefined) return;
    // What was seen so far is old when one comes back; what was still unread stays so.
    if (unread.peek(roomId).count === 0) setLine({ after: head.peek(), count: 0 });
  }, [isLooking, roomId]);
  return useMemo(() => line && { ...line, clear: () => setLine(undefined) }, [line]);
}

function unreadLine(roomId: string | undefined, unread: UnreadCounts): Omit<NewLine, "clear"> | undefined {
  const before = roomId === undefined ? undefined : unread.peek(roomId);
  return before !== undefined && before.count > 0 ? { after: before.lastRead, count: before.count } : undefined;
}
