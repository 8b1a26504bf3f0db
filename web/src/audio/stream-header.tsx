import { useState } from "preact/hooks";
import { type Stream, StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import { BackLink } from "../app/back-link.tsx";
import { navigate, paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { counted } from "../text/plural.ts";
import { categoryText, isOnAir } from "../text/streams.ts";
import { IconButton } from "../ui/button.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { Icon } from "../ui/icon.tsx";
import { note } from "../ui/toasts.ts";
import { EditStreamDialog } from "./edit-stream-dialog.tsx";
import { StreamMark } from "./stream-mark.tsx";

interface StreamHeaderProps {
  readonly stream: Stream;
  /** Undefined for a stream without a chat room. */
  readonly showsChat: boolean | undefined;
  readonly onToggleChat: () => void;
}

export function StreamHeader({ stream, showsChat, onToggleChat }: StreamHeaderProps) {
  const { account, streams } = useWorkspace();
  const [open, setOpen] = useState<"edit" | "delete">();
  const close = () => setOpen(undefined);
  const isMine = stream.streamerId === account.userId;
  const category = categoryText(stream.category);
  return (
    <header class="place-head">
      <BackLink />
      <div class="place-title">
        <h1>
          <Icon name={stream.visibility === StreamVisibility.PRIVATE ? "lock" : "radio"} />
          <span>{stream.title}</span>
        </h1>
        <p class="stream-facts">
          <StreamMark stream={stream} />
          {isOnAir(stream) && ` · ${counted(stream.listenerCount, "listener")}`}
          {` · ${stream.streamerUsername || "Deleted account"}`}
          {category !== "" && ` · ${category}`}
        </p>
      </div>
      <div class="place-actions">
        {isMine && <IconButton icon="pencil" label="Edit stream" onClick={() => setOpen("edit")} />}
        {isMine && !isOnAir(stream) && (
          <IconButton icon="bin" label="Delete stream" onClick={() => setOpen("delete")} />
        )}
        {showsChat !== undefined && (
          <IconButton icon="chat" label="Chat" isPressed={showsChat} onClick={onToggleChat} />
        )}
      </div>
      {open === "edit" && <EditStreamDialog stream={stream} onClose={close} />}
      {open === "delete" && (
        <ConfirmDialog
          title={`Delete “${stream.title}”?`}
          text="The stream and its key are gone for good, and its chat can only be read. Its recordings stay."
          verb="Delete"
          onConfirm={async () => {
            await streams.delete(stream.id);
            note(`“${stream.title}” was deleted.`);
            navigate(paths.streams);
          }}
          onClose={close}
        />
      )}
    </header>
  );
}
