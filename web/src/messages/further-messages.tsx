import { useEffect, useRef } from "preact/hooks";
import { complain } from "../ui/toasts.ts";
import type { Timeline } from "./timeline.ts";

interface FurtherMessagesProps {
  readonly side: "older" | "newer";
  readonly timeline: Timeline;
  readonly box: { readonly current: HTMLElement | null };
}

const WORDS = {
  older: { busy: "Loading earlier messages…", ask: "Show earlier messages" },
  newer: { busy: "Loading later messages…", ask: "Show later messages" },
};

/** Reads further messages as soon as its place above or below the log comes near. */
export function FurtherMessages({ side, timeline, box }: FurtherMessagesProps) {
  const ref = useRef<HTMLDivElement>(null);
  const isOlder = side === "older";
  const messages = timeline.messages.value;
  const edge = (isOlder ? messages[0] : messages.at(-1))?.id;
  const isThere = (isOlder ? timeline.hasOlder : timeline.hasNewer).value && edge !== undefined;
  const isBusy = (isOlder ? timeline.isLoadingOlder : timeline.isLoadingNewer).value;
  const read = () => void (isOlder ? timeline.loadOlder() : timeline.loadNewer()).catch(complain);

  // Anew for every edge: one that stays in sight tells nothing by itself.
  useEffect(() => {
    if (!isThere || ref.current === null) return;
    const nearing = new IntersectionObserver(([entry]) => entry?.isIntersecting && read(), {
      root: box.current,
      rootMargin: "600px 0px 600px 0px",
    });
    nearing.observe(ref.current);
    return () => nearing.disconnect();
  }, [edge, isThere]);

  if (!isThere) return null;
  return (
    <div ref={ref} class="further">
      {isBusy ? (
        <>
          <span class="spinner" /> {WORDS[side].busy}
        </>
      ) : (
        <button type="button" class="text-button" onClick={read}>
          {WORDS[side].ask}
        </button>
      )}
    </div>
  );
}
