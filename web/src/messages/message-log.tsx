import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useAttention } from "../app/use-attention.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { OutgoingItem } from "../composer/outgoing-item.tsx";
import { sentenceOfProblem } from "../text/sentences.ts";
import { dayText } from "../text/times.ts";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/empty.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { complain } from "../ui/toasts.ts";
import { FurtherMessages } from "./further-messages.tsx";
import { JumpToLatest } from "./jump-to-latest.tsx";
import { type ListState, MessageItem } from "./message-item.tsx";
import { MessageNavigation } from "./message-navigation.tsx";
import { type Row, rowsOf } from "./message-rows.ts";
import { UnreadBar } from "./unread-bar.tsx";
import { useNewLine } from "./use-new-line.ts";
import { useSetting } from "./use-place.ts";
import { useScroll } from "./use-scroll.ts";

interface MessageLogProps {
  /** The room whose reading is counted; undefined for a conversation that has not begun, and for a guest. */
  readonly countedRoomId: string | undefined;
  /** The message that is being edited. */
  readonly editing: Signal<string | undefined>;
  /** What to say while nothing was said. */
  readonly emptyText: string;
}

/** A message that was jumped to is marked for so long. */
const MARKED_MS = 2_500;

/** What was said in a place, and what is on its way there. */
export function MessageLog({ countedRoomId, editing, emptyText }: MessageLogProps) {
  const { account, outbox, unread } = useWorkspace();
  const { place } = useSetting();
  const { timeline } = place;
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const active = useSignal<string | undefined>(undefined);
  const isLooking = useAttention();
  const hasNewer = timeline.hasNewer.value;
  const scroll = useScroll(box, list, !hasNewer);
  const isAtLatest = scroll.isAtEnd && !hasNewer;

  const messages = timeline.messages.value;
  const outgoing = hasNewer ? [] : outbox.of(place.key);
  const head = timeline.head.value;
  const line = useNewLine(countedRoomId, timeline.head, isLooking);
  const hasOlder = timeline.hasOlder.value;
  const rows = useMemo(() => rowsOf(messages, line?.after, account.userId, hasOlder), [messages, line, hasOlder]);

  // Whoever is at the end, and looks, has read it. Not before it is known what was unread: that is still to be shown.
  const isAsked = unread.isAsked.value;
  useEffect(() => {
    const reads = isAsked && isAtLatest && isLooking && head > 0n;
    if (reads && countedRoomId !== undefined) unread.read(countedRoomId, head);
  }, [isAsked, isAtLatest, isLooking, countedRoomId, head]);

  function toLatest(): void {
    scroll.toEnd();
    if (timeline.hasNewer.peek()) timeline.reload().then(scroll.toEnd, complain);
  }

  // What one writes oneself is worth seeing.
  const lastOutgoing = outbox.of(place.key).at(-1)?.requestId;
  useEffect(() => {
    if (lastOutgoing !== undefined) toLatest();
  }, [lastOutgoing]);

  useEffect(() => {
    if (isAtLatest) timeline.trim();
  }, [isAtLatest, messages.length]);

  // Reading goes on where it ended: at the line above what is new, if there is one.
  const isReady = timeline.state.value === "ready";
  useLayoutEffect(() => {
    const first = list.current?.querySelector<HTMLElement>(".unread-line");
    if (isReady && first != null && timeline.target.peek() === undefined) scroll.toElement(first, "start");
  }, [isReady, line !== undefined && line.count > 0]);

  const [marked, setMarked] = useState<string>();
  const target = timeline.target.value;
  useLayoutEffect(() => {
    if (target === undefined) return;
    const item = list.current?.querySelector<HTMLElement>(`[data-message="${target.messageId}"]`);
    if (item == null) return;
    timeline.target.value = undefined;
    scroll.toElement(item, "center");
    item.focus({ preventScroll: true });
    setMarked(target.messageId);
  }, [target, messages]);
  useEffect(() => {
    if (marked === undefined) return;
    const timer = setTimeout(setMarked, MARKED_MS, undefined);
    return () => clearTimeout(timer);
  }, [marked]);

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

  const isEmpty = isReady && messages.length === 0 && outgoing.length === 0;
  return (
    <div class="log-frame">
      <section
        ref={box}
        class="log"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable with the keyboard
        tabIndex={0}
        aria-label="Messages"
        onKeyDown={(event) => {
          if (event.target !== event.currentTarget || event.key !== "ArrowUp") return;
          event.preventDefault();
          lastInSight(event.currentTarget)?.focus();
        }}
      >
        {!isReady && <Skeleton label="Loading messages" kind="messages" count={6} />}
        {isEmpty && <Empty icon="chat" title="Nothing was said here yet" text={emptyText} />}
        <FurtherMessages side="older" timeline={timeline} box={box} />
        <MessageNavigation active={active}>
          {/* What is read in later was said earlier: only what is said now is read out. */}
          <div role="log" aria-live={hasNewer ? "off" : "polite"} aria-busy={timeline.isLoadingOlder.value}>
            <ol ref={list} class="messages">
              {rows.map((row) => (
                <LogRow
                  key={row.key}
                  row={row}
                  editing={editing}
                  active={active}
                  isTarget={row.kind === "message" && row.message.id === marked}
                />
              ))}
              {outgoing.map((item) => (
                <OutgoingItem key={item.requestId} item={item} />
              ))}
            </ol>
          </div>
        </MessageNavigation>
        <FurtherMessages side="newer" timeline={timeline} box={box} />
      </section>
      {isReady && line !== undefined && line.count > 0 && (
        <UnreadBar timeline={timeline} line={line} isShown={rows.some(({ kind }) => kind === "unread")} box={box} />
      )}
      {!isAtLatest && isReady && <JumpToLatest messages={messages} hasNewer={hasNewer} onJump={toLatest} />}
    </div>
  );
}

interface LogRowProps extends ListState {
  readonly row: Row;
  readonly isTarget: boolean;
}

/** What was drawn is kept for as long as nothing of it changes: of hundreds of rows mostly one does. */
function LogRow({ row, isTarget, editing, active }: LogRowProps) {
  return useMemo(() => {
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
        return (
          <MessageItem
            message={row.message}
            opensGroup={row.opensGroup}
            opensQuote={row.opensQuote}
            isTarget={isTarget}
            editing={editing}
            active={active}
          />
        );
    }
  }, [...(row.kind === "message" ? [row.message, row.opensGroup, row.opensQuote] : [row.key, 0, 0]), isTarget]);
}

function lastInSight(box: HTMLElement): HTMLElement | undefined {
  const bottom = box.getBoundingClientRect().bottom;
  const items = [...box.querySelectorAll<HTMLElement>("[data-message]")];
  return items.findLast((item) => item.getBoundingClientRect().top < bottom);
}
