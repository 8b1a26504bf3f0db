import { useState } from "preact/hooks";
import { PresenceStatus } from "#gen/veza/chat/v1/presence_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Choice } from "../ui/choice.tsx";
import { Field } from "../ui/field.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { useForm } from "../ui/use-form.ts";
import { STATUSES } from "./statuses.ts";

const OPTIONS = STATUSES.map(({ label }) => ({ value: label, label }));

/** Asks how one wants to be shown to others. */
export function StatusDialog({ onClose }: { readonly onClose: () => void }) {
  const { presence } = useWorkspace();
  const { status, statusText } = presence.mine;
  const [chosen, setChosen] = useState<string>(
    () => (STATUSES.find((each) => each.status === status) ?? STATUSES[0]).label,
  );
  const form = useForm(async (values) => {
    const next = STATUSES.find(({ label }) => label === chosen)?.status ?? PresenceStatus.ONLINE;
    await presence.set(next, values.get("status_text").trim());
    onClose();
  });
  return (
    <FormDialog title="Your status" form={form} verb="Save" onClose={onClose}>
      <Choice legend="Shown to others as" value={chosen} options={OPTIONS} onChange={setChosen} />
      <Field
        label="In a few words (optional)"
        name="status_text"
        placeholder="In the garden until five"
        defaultValue={statusText}
        maxlength={100}
        autocomplete="off"
        autofocus
        error={form.errorOf("status_text")}
      />
    </FormDialog>
  );
}
