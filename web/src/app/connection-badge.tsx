import type { FollowState } from "../../../src/client/index.ts";
import { useConnection } from "./use-connection.ts";

/** The connection in one word. What there is to say when it is gone stands in the strip above. */
export function ConnectionBadge() {
  const { kind } = useConnection();
  return (
    <div class={`connection connection-${kind}`}>
      <span class="connection-dot" aria-hidden="true" />
      <span>{WORDS[kind]}</span>
    </div>
  );
}

const WORDS: Record<FollowState["kind"], string> = {
  connecting: "Connecting",
  live: "Live",
  waiting: "Reconnecting",
  offline: "Offline",
  ended: "Disconnected",
};
