import { useState } from "preact/hooks";
import { type Stream, StreamCategory } from "#gen/veza/stream/v1/stream_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { CATEGORIES } from "../text/streams.ts";
import { Area } from "../ui/area.tsx";
import { Button } from "../ui/button.tsx";
import { Choice } from "../ui/choice.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { SelectField } from "../ui/select-field.tsx";
import { useForm } from "../ui/use-form.ts";
import { opennessOf, VISIBILITIES, visibilityOf } from "./stream-openness.ts";

export function EditStreamDialog({ stream, onClose }: { readonly stream: Stream; readonly onClose: () => void }) {
  const { clients, streams } = useWorkspace();
  const [openness, setOpenness] = useState(() => opennessOf(stream.visibility));
  const [category, setCategory] = useState<StreamCategory>(stream.category || StreamCategory.OTHER);
  const form = useForm(async (values) => {
    const changed = await clients.stream.updateStream({
      streamId: stream.id,
      title: values.get("title").trim(),
      description: values.get("description").trim(),
      category,
      visibility: visibilityOf(openness),
    });
    streams.put(changed.stream);
    onClose();
  });
  return (
    <Dialog title="Edit stream" onClose={onClose}>
      <form class="stack" onSubmit={form.submit}>
        <Field
          label="Title"
          name="title"
          defaultValue={stream.title}
          maxlength={200}
          required
          pattern=".*\S.*"
          autocomplete="off"
          autofocus
          error={form.errorOf("title")}
        />
        <Area
          label="Description (optional)"
          name="description"
          defaultValue={stream.description}
          maxlength={2000}
          error={form.errorOf("description")}
        />
        <SelectField label="Category" value={category} options={CATEGORIES} onChange={setCategory} />
        <Choice legend="Who can listen" value={openness} options={VISIBILITIES} onChange={setOpenness} />
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
