import type { Room } from "#gen/veza/chat/v1/room_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Area } from "../ui/area.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { useForm } from "../ui/use-form.ts";

export function EditRoomDialog({ room, onClose }: { readonly room: Room; readonly onClose: () => void }) {
  const { clients, rooms } = useWorkspace();
  const form = useForm(async (values) => {
    const changed = await clients.chat.updateRoom({
      roomId: room.id,
      name: values.get("name").trim(),
      topic: values.get("topic").trim(),
      description: values.get("description").trim(),
    });
    if (changed.room !== undefined) rooms.put(changed.room);
    onClose();
  });
  return (
    <Dialog title="Edit room" onClose={onClose}>
      <form class="stack" onSubmit={form.submit}>
        <Field
          label="Name"
          name="name"
          defaultValue={room.name}
          maxlength={100}
          required
          pattern=".*\S.*"
          autocomplete="off"
          autofocus
          error={form.errorOf("name")}
        />
        <Field
          label="Topic (optional)"
          name="topic"
          hint="What is talked about now. Shown under the name."
          defaultValue={room.topic}
          maxlength={250}
          autocomplete="off"
          error={form.errorOf("topic")}
        />
        <Area
          label="Description (optional)"
          name="description"
          defaultValue={room.description}
          maxlength={1000}
          error={form.errorOf("description")}
        />
        <p class="form-problem" role="alert">
          {form.problem}
        </p>
        <div class="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isBusy={form.isBusy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
