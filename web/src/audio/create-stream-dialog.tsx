import { navigate, paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { useRequestId } from "../ui/use-request-id.ts";
import { StreamDialog } from "./stream-dialog.tsx";

export function CreateStreamDialog({ onClose }: { readonly onClose: () => void }) {
  const { streams, rooms } = useWorkspace();
  const requestIdOf = useRequestId();
  return (
    <StreamDialog
      title="Create a stream"
      verb="Create stream"
      onSave={async (words) => {
        const stream = await streams.create({ ...words, requestId: requestIdOf(Object.values(words)) });
        // Its chat room is the person's own.
        if (stream.roomId !== undefined) rooms.read(stream.roomId).then(rooms.put, () => {});
        navigate(paths.stream(stream.id));
      }}
      onClose={onClose}
    />
  );
}
