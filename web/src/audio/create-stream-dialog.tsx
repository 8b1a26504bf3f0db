import { useRef, useState } from "preact/hooks";
import { StreamCategory, type StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import { navigate, paths } from "../app/router.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { newRequestId } from "../text/request-id.ts";
import { CATEGORIES } from "../text/streams.ts";
import { Area } from "../ui/area.tsx";
import { Button } from "../ui/button.tsx";
import { Choice } from "../ui/choice.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { SelectField } from "../ui/select-field.tsx";
import { useForm } from "../ui/use-form.ts";
import { type StreamOpenness, VISIBILITIES, visibilityOf } from "./stream-openness.ts";

export function CreateStreamDialog({ onClose }: { readonly onClose: () => void }) {
  const { streams, rooms } = useWorkspace();
  const [openness, setOpenness] = useState<StreamOpenness>("public");
  const [category, setCategory] = useState<StreamCategory>(StreamCategory.MUSIC);
  const attempt = useRef({ content: "", requestId: "" });

  const form = useForm(async (values) => {
    const title = values.get("title").trim();
    const description = values.get("description").trim();
    const content = JSON.stringify([title, description, category, openness]);
    // The same wish keeps its id, so that a second try after a lost answer makes no second stream.
    if (attempt.current.content !== content) attempt.current = { content, requestId: newRequestId() };
    const visibility: StreamVisibility = visibilityOf(openness);
    const { requestId } = attempt.current;
    const stream = await streams.create({ title, description, category, visibility, requestId });
    // Its chat room is the person's own.
    if (stream.roomId !== undefined) rooms.read(stream.roomId).then(rooms.put, () => {});
    onClose();
    navigate(paths.stream(stream.id));
  });

  return (
    <Dialog title="Create a stream" onClose={onClose}>
      <form class="stack" onSubmit={form.submit}>
        <Field
          label="Title"
          name="title"
          placeholder="What will be heard?"
          maxlength={200}
          required
          pattern=".*\S.*"
          autocomplete="off"
          autofocus
          error={form.errorOf("title")}
        />
        <Area label="Description (optional)" name="description" maxlength={2000} error={form.errorOf("description")} />
        <SelectField label="Category" value={category} options={CATEGORIES} onChange={setCategory} />
        <Choice legend="Who can listen" value={openness} options={VISIBILITIES} onChange={setOpenness} />
        <p class="form-problem" role="alert">
          {form.problem}
        </p>
        <div class="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isBusy={form.isBusy}>
            Create stream
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
