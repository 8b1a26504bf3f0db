import { useState } from "preact/hooks";
import { type Stream, StreamCategory, type StreamVisibility } from "#gen/veza/stream/v1/stream_pb.ts";
import { CATEGORIES } from "../text/streams.ts";
import { Area } from "../ui/area.tsx";
import { Choice } from "../ui/choice.tsx";
import { Field } from "../ui/field.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { SelectField } from "../ui/select-field.tsx";
import { useForm } from "../ui/use-form.ts";
import { opennessOf, VISIBILITIES, visibilityOf } from "./stream-openness.ts";

/** What a person says about a stream. */
export interface StreamWords {
  readonly title: string;
  readonly description: string;
  readonly category: StreamCategory;
  readonly visibility: StreamVisibility;
}

interface StreamDialogProps {
  readonly title: string;
  readonly verb: string;
  /** The stream as it is; undefined for a new one. */
  readonly stream?: Stream;
  readonly onSave: (words: StreamWords) => Promise<void>;
  readonly onClose: () => void;
}

/** Asks what a stream is about and who may hear it. */
export function StreamDialog({ title, verb, stream, onSave, onClose }: StreamDialogProps) {
  const [openness, setOpenness] = useState(() => (stream === undefined ? "public" : opennessOf(stream.visibility)));
  const [category, setCategory] = useState<StreamCategory>(
    stream === undefined ? StreamCategory.MUSIC : stream.category || StreamCategory.OTHER,
  );
  const form = useForm(async (values) => {
    await onSave({
      title: values.get("title").trim(),
      description: values.get("description").trim(),
      category,
      visibility: visibilityOf(openness),
    });
    onClose();
  });
  return (
    <FormDialog title={title} form={form} verb={verb} onClose={onClose}>
      <Field
        label="Title"
        name="title"
        placeholder="What will be heard?"
        defaultValue={stream?.title ?? ""}
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
        defaultValue={stream?.description ?? ""}
        maxlength={2000}
        error={form.errorOf("description")}
      />
      <SelectField label="Category" value={category} options={CATEGORIES} onChange={setCategory} />
      <Choice legend="Who can listen" value={openness} options={VISIBILITIES} onChange={setOpenness} />
    </FormDialog>
  );
}
