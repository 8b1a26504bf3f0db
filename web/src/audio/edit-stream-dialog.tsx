import type { Stream } from "#gen/veza/stream/v1/stream_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { StreamDialog } from "./stream-dialog.tsx";

export function EditStreamDialog({ stream, onClose }: { readonly stream: Stream; readonly onClose: () => void }) {
  const { clients, streams } = useWorkspace();
  return (
    <StreamDialog
      title="Edit stream"
      verb="Save"
      stream={stream}
      onSave={async (words) => {
        const changed = await clients.stream.updateStream({ streamId: stream.id, ...words });
        streams.put(changed.stream);
      }}
      onClose={onClose}
    />
  );
}
