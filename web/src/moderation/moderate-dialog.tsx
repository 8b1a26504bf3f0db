import { useState } from "preact/hooks";
import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { ModerationAction } from "#gen/veza/chat/v1/moderation_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Area } from "../ui/area.tsx";
import { Choice } from "../ui/choice.tsx";
import { Field } from "../ui/field.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { note } from "../ui/toasts.ts";
import { useForm } from "../ui/use-form.ts";
import { QuotedMessage } from "./quoted-message.tsx";

type Act = "warn" | "delete" | "edit" | "flag";

const ACTS = [
  { value: "warn", label: "Warn", hint: "Tell the sender, for all to see." },
  { value: "delete", label: "Delete", hint: "What it says is gone." },
  { value: "edit", label: "Edit", hint: "Replace what it says." },
  { value: "flag", label: "Flag", hint: "Put it among the reports." },
] as const;

const ACTIONS: Record<Act, { readonly action: ModerationAction; readonly done: string }> = {
  warn: { action: ModerationAction.WARN, done: "The sender is warned." },
  delete: { action: ModerationAction.DELETE, done: "The message is deleted." },
  edit: { action: ModerationAction.EDIT, done: "The message is changed." },
  flag: { action: ModerationAction.FLAG, done: "The message stands among the reports now." },
};

/** Asks what a moderator does with a message, and why. */
export function ModerateDialog({ message, onClose }: { readonly message: Message; readonly onClose: () => void }) {
  const { messages } = useWorkspace();
  const [act, setAct] = useState<Act>("warn");
  const form = useForm(async (values) => {
    const { action, done } = ACTIONS[act];
    const content = act === "edit" ? values.get("content").trim() : undefined;
    await messages.moderate(message, action, values.get("reason").trim(), content);
    note(done);
    onClose();
  });
  return (
    <FormDialog
      title="Moderate this message"
      form={form}
      verb={ACTS.find(({ value }) => value === act)?.label ?? ""}
      kind={act === "delete" ? "danger" : "primary"}
      onClose={onClose}
    >
      <QuotedMessage message={message} />
      <Choice legend="What to do" value={act} options={ACTS} onChange={setAct} />
      {act === "edit" && (
        <Area
          label="What it shall say"
          name="content"
          defaultValue={message.content}
          maxlength={4000}
          required
          error={form.errorOf("content")}
        />
      )}
      <Field
        label="Reason (optional)"
        name="reason"
        hint="It stands in the moderation log, and whoever reads the room sees it."
        maxlength={512}
        autocomplete="off"
        error={form.errorOf("reason")}
      />
    </FormDialog>
  );
}
