import { useEffect } from "preact/hooks";
import { route } from "../app/router.ts";
import { complain } from "../ui/toasts.ts";
import type { Timeline } from "./timeline.ts";

/** Leads to the message that the address names. */
export function useJump(timeline: Timeline): void {
  const at = route.value;
  const messageId = "messageId" in at ? at.messageId : undefined;
  useEffect(() => {
    if (messageId !== undefined) timeline.show(messageId).catch(complain);
  }, [at, timeline]);
}
