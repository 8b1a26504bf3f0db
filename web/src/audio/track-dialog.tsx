import type { Stream } from "#gen/veza/stream/v1/stream_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { useForm } from "../ui/use-form.ts";

/** Says what is playing, to everybody who listens. */
export function TrackDialog({ stream, onClose }: { readonly stream: Stream; readonly onClose: () => void }) {
  const { clients, streams } = useWorkspace();
  const { currentTrack = "", artist = "", album = "", genre = "", customFields = {} } = stream.metadata ?? {};
  const form = useForm(async (values) => {
    const said = (name: string) => values.get(name).trim();
    const metadata = { currentTrack: said("current_track"), artist: said("artist"), album: said("album"), genre };
    const changed = await clients.stream.updateMetadata({
      streamId: stream.id,
      metadata: { ...metadata, customFields },
    });
    streams.put(changed.stream);
    onClose();
  });
  return (
    <Dialog title="What is playing?" onClose={onClose}>
      <form class="stack" onSubmit={form.submit}>
        <Field label="Track" name="current_track" defaultValue={currentTrack} maxlength={256} autofocus />
        <Field label="Artist" name="artist" defaultValue={artist} maxlength={256} />
        <Field label="Album" name="album" defaultValue={album} maxlength={256} />
        <p class="form-problem" role="alert">
          {form.problem}
        </p>
        <div class="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isBusy={form.isBusy}>
            Tell the listeners
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
