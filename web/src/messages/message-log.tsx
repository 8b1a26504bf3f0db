import type { Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useAttention } from "../app/use-attention.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { OutgoingItem } from "../composer/outgoing-item.tsx";
import { sentenceOfProblem } from "../text/sentences.ts";
import { dayText } from "../text/times.ts";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { complain } from "../ui/toasts.ts";
import { JumpToLatest } from "./jump-to-latest.tsx";
import { MessageItem } from "./message-item.tsx";
import { type Row, rowsOf } from "./message-rows.ts";
import type { Place } from "./places.ts";
import { useScroll } from "./use-scroll.ts";

interface MessageLogProps {
  readonly place: Place;
  /** The room whose reading is counted; undefined for a conversation that has not begun, and for a guest. */
  readonly roomId: string | undefined;
  /** The message that is being edited. */
  readonly editing: Signal<string | undefined>;
  /** What to say while nothing was said. */
  readonly emptyText: string;
}

/** What was said in a place, and what is on its way there. */
export function MessageLog({ place, roomId, editing, emptyText }: MessageLogProps) {
  const { account, outbox, unread } = useWorkspace();
  const { timeline } = place;
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const scroll = useScroll(box, list);
  const isLooking = useAttention();

  const unreadAfter = useMemo(() => {
    const before = roomId === undefined ? undefined : unread.peek(roomId);
    return before !== undefined && before.count > 0 ? before.lastRead : undefined;
  }, [roomId]);

  const messages = timeline.messages.value;
  const outgoing = outbox.of(place.key);
  const rows = useMemo(() => rowsOf(messages, unreadAfter, account.userId), [messages, unreadAfter]);
  const head = timeline.head.value;

  // Whoever is at the end, and looks, has read it.
  useEffect(() => {
    if (scroll.isAtEnd && isLooking && roomId !== undefined && head > 0n) unread.read(roomId, head);
  }, [scroll.isAtEnd, isLooking, roomId, head]);

  // What one writes oneself is worth seeing.
  const lastOutgoing = outgoing.at(-1)?.requestId;
  useEffect(() => {
    if (lastOutgoing !== undefined) scroll.toEnd();
  }, [lastOutgoing]);

  useEffect(() => {
    if (scroll.isAtEnd) timeline.trim();
  }, [scroll.isAtEnd, messages.length]);

  if (timeline.state.value === "failed") {
    const problem = timeline.problem.value;
    return (
      <div class="log">
        <Empty
          icon="warning"
          title="The messages cannot be read"
          text={problem === undefined ? "" : sentenceOfProblem(problem)}
        >
          <Button kind="primary" onClick={() => void timeline.reload().catch(complain)}>
            Try again
          </Button>
        </Empty>
      </div>
    );
  }

  const isLoading = timeline.state.value === "loading";
  const isEmpty = !isLoading && messages.length === 0 && outgoing.length === 0;
  return (
    <div class="log-frame">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable with the keyboard */}
      <section ref={box} class="log" tabIndex={0} aria-label="Messages">
        {isLoading && <Skeleton label="Loading messages" kind="messages" count={6} />}
        {isEmpty && <Empty icon="chat" title="Nothing was said here yet" text={emptyText} />}
        {timeline.hasOlder.value && <OlderMessages place={place} box={box} />}
        <div role="log" aria-live="polite" aria-busy={timeline.isLoadingOlder.value}>
          <ol ref={list} class="messages">
            {rows.map((row) => (
              <LogRow key={row.key} row={row} editing={editing} />
            ))}
            {outgoing.map((item) => (
              <OutgoingItem key={item.requestId} item={item} />
            ))}
          </ol>
        </div>
      </section>
      {!scroll.isAtEnd && <JumpToLatest messages={messages} onJump={scroll.toEnd} />}
    </div>
  );
}

function LogRow({ row, editing }: { readonly row: Row; readonly editing: Signal<string | undefined> }) {
  switch (row.kind) {
    case "day":
      return (
        <li class="day-line">
          <span>{dayText(row.date)}</span>
        </li>
      );
    case "unread":
      return (
        <li class="unread-line">
          <span>New</span>
        </li>
      );
    case "message":
      return <MessageItem message={row.message} opensGroup={row.opensGroup} editing={editing} />;
  }
}

/** Reads older messages as soon as its place above the log comes near. */
function OlderMessages({ place, box }: { readonly place: Place; readonly box: { current: HTMLElement | null } }) {
  const ref = useRef<HTMLDivElement>(null);
  const oldest = place.timeline.messages.value[0]?.id;
  const read = () => void place.timeline.loadOlder().catch(complain);
  // Anew for every oldest message: one that stays in sight tells nothing by itself.
  useEffect(() => {
    const nearing = new IntersectionObserver(([entry]) => entry?.isIntersecting && read(), {
      root: box.current,
      rootMargin: "600px 0px 0px 0px",
    });
    if (ref.current !== null) nearing.observe(ref.current);
    return () => nearing.disconnect();
  }, [oldest]);
  return (
    <div ref={ref} class="older">
      {place.timeline.isLoadingOlder.value ? (
        <>
          <span class="spinner" /> Loading earlier messages…
        </>
      ) : (
        <button type="button" class="text-button" onClick={read}>
          Show earlier messages
        </button>
      )}
    </div>
  );
}
