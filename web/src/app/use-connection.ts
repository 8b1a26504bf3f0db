import { useEffect, useState } from "preact/hooks";
import type { FollowState } from "../../../src/client/index.ts";
import { useWorkspace } from "./use-workspace.ts";

/** A connection is renewed every few minutes by plan; only one that stays away for so long is worth a word. */
const QUIET_MS = 1_200;

/** Whether what is seen is all there is: live for as long as a connection is only being renewed. */
export function useConnection(): FollowState {
  const { live } = useWorkspace();
  const state = live.state.value;
  const isLive = state.kind === "live";
  const [isAway, setAway] = useState(!isLive);
  useEffect(() => {
    if (isLive) {
      setAway(false);
      return;
    }
    const timer = setTimeout(setAway, QUIET_MS, true);
    return () => clearTimeout(timer);
  }, [isLive]);
  return isLive || isAway ? state : { kind: "live" };
}
