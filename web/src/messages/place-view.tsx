import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useWorkspace } from "../app/use-workspace.ts";
import { DropTarget } from "../attachments/drop-target.tsx";
import { Composer } from "../composer/composer.tsx";
import { MessageLog } from "./message-log.tsx";
import { useSetting } from "./use-place.ts";

interface PlaceViewProps {
  /** The room whose reading is counted; undefined for a conversation that has not begun, and for a guest. */
  readonly countedRoomId: string | undefined;
  readonly composerLabel: string;
  /** Whether one comes here to write. False beside something else. */
  readonly takesFocus?: boolean;
  readonly emptyText: string;
  /** Instead of the composer, for who cannot write here. */
  readonly bar?: ComponentChildren;
}

/** The log of a place above the composer. */
export function PlaceView({ countedRoomId, composerLabel, takesFocus = true, emptyText, bar }: PlaceViewProps) {
  const { account } = useWorkspace();
  const { place, roomId } = useSetting();
  const { timeline } = place;
  const editing = useSignal<string | undefined>(undefined);

  const input = useRef<HTMLTextAreaElement>(null);

  // Done with an edit, one goes on writing.
  const isEditing = editing.value !== undefined;
  const wasEditing = useRef(false);
  useEffect(() => {
    if (wasEditing.current && !isEditing) input.current?.focus();
    wasEditing.current = isEditing;
  }, [isEditing]);

  // A place that was open before is up to date: its events went on arriving.
  useEffect(() => {
    if (timeline.state.peek() !== "ready") timeline.reload().catch(() => {});
  }, [timeline]);

  function editLast(): void {
    const own = timeline.messages
      .peek()
      .findLast(({ senderId, isDeleted }) => senderId === account.userId && !isDeleted);
    if (own !== undefined) editing.value = own.id;
  }

  return (
    <DropTarget uploadKey={bar === undefined ? place.key : undefined}>
      <MessageLog countedRoomId={countedRoomId} editing={editing} emptyText={emptyText} />
      {bar ?? (
        <Composer
          draftKey={place.key}
          place={place}
          roomId={roomId}
          label={composerLabel}
          takesFocus={takesFocus}
          input={input}
          onEditLast={editLast}
        />
      )}
    </DropTarget>
  );
}
