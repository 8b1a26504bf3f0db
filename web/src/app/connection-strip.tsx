import { useEffect, useState } from "preact/hooks";
import type { FollowState } from "../../../src/client/index.ts";
import { useConnection } from "./use-connection.ts";
import { useWorkspace } from "./use-workspace.ts";

/** Above everything while the connection is lost: what happens next, and what is safe meanwhile. */
export function ConnectionStrip() {
  const { live } = useWorkspace();
  const state = useConnection();
  const [wasLost, setWasLost] = useState(false);
  const isLost = state.kind !== "live" && (state.kind !== "connecting" || wasLost);
  const seconds = useSecondsUntil("until" in state ? state.until : undefined);
  // Between two tries the strip stays: it would flicker.
  useEffect(() => setWasLost(isLost), [isLost]);
  return (
    <div class={isLost ? "strip" : "strip strip-empty"}>
      {/* The countdown is not read out, only that the connection went and came back. */}
      <span class="hidden" role="status">
        {isLost ? SPOKEN[state.kind] : wasLost ? "Connected again." : ""}
      </span>
      {isLost && (
        <>
          <span aria-hidden="true">{wordsFor(state.kind, seconds)}</span>
          {state.kind === "ended" ? (
            <button type="button" class="text-button" onClick={() => location.reload()}>
              Reload the page
            </button>
          ) : (
            <button type="button" class="text-button" onClick={live.hurry}>
              Retry now
            </button>
          )}
        </>
      )}
    </div>
  );
}

const LOST: Record<FollowState["kind"], string> = {
  connecting: "Reconnecting…",
  live: "",
  waiting: "The connection is lost. Reconnecting",
  offline: "You are offline. Trying again",
  ended: "Disconnected.",
};

const SPOKEN: Record<FollowState["kind"], string> = {
  // The same as before the try: between tries there is nothing new.
  connecting: "Connection lost. What you write is sent once it is back.",
  live: "",
  waiting: "Connection lost. What you write is sent once it is back.",
  offline: "Connection lost. What you write is sent once it is back.",
  ended: "Disconnected. Reload the page.",
};

function wordsFor(kind: FollowState["kind"], seconds: number): string {
  if (kind !== "waiting" && kind !== "offline") return LOST[kind];
  return seconds > 0 ? `${LOST[kind]} in ${seconds} s.` : `${LOST[kind]}…`;
}

function useSecondsUntil(until: number | undefined): number {
  const [, tick] = useState(0);
  useEffect(() => {
    if (until === undefined) return;
    const timer = setInterval(() => tick((count) => count + 1), 250);
    return () => clearInterval(timer);
  }, [until]);
  return until === undefined ? 0 : Math.max(0, Math.ceil((until - Date.now()) / 1000));
}
