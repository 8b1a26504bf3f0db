import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { useWorkspace } from "../app/use-workspace.ts";
import { Icon } from "../ui/icon.tsx";
import { addFiles } from "./add-files.ts";

interface DropTargetProps {
  /** What the files go with; undefined where none can be sent. */
  readonly uploadKey: string | undefined;
  readonly children: ComponentChildren;
}

/** A place into which files can be dropped. */
export function DropTarget({ uploadKey, children }: DropTargetProps) {
  const { uploads } = useWorkspace();
  const [isOver, setOver] = useState(false);
  /** Each part that the pointer comes over is entered before the one before it is left. */
  const depth = useRef(0);

  function enter(event: DragEvent, by: number): void {
    if (uploadKey === undefined || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    depth.current = Math.max(0, depth.current + by);
    setOver(depth.current > 0);
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button with the clip does the same
    <div
      class="place"
      onDragEnter={(event) => enter(event, 1)}
      onDragOver={(event) => enter(event, 0)}
      onDragLeave={(event) => enter(event, -1)}
      onDrop={(event) => {
        depth.current = 0;
        setOver(false);
        const files = [...(event.dataTransfer?.files ?? [])];
        if (uploadKey === undefined || files.length === 0) return;
        event.preventDefault();
        addFiles(uploads, uploadKey, files);
      }}
    >
      {children}
      {isOver && (
        <div class="drop-veil" aria-hidden="true">
          <Icon name="clip" />
          <b>Drop files to add them</b>
        </div>
      )}
    </div>
  );
}
