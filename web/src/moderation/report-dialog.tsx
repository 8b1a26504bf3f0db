import type { Message } from "#gen/veza/chat/v1/message_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Area } from "../ui/area.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { note } from "../ui/toasts.ts";
import { useForm } from "../ui/use-form.ts";
import { QuotedMessage } from "./quoted-message.tsx";

/** Tells the moderators about a message. */
export function ReportDialog({ message, onClose }: { readonly message: Message; readonly onClose: () => void }) {
  const { messages } = useWorkspace();
  const form = useForm(async (values) => {
    await messages.report(message, values.get("reason").trim());
    note("Thank you. The moderators of this room will look at it.");
    onClose();
  });
  return (
    <FormDialog title="Report this message" form={form} verb="Report" onClose={onClose}>
      <QuotedMessage message={message} />
      <Area
        label="What is wrong with it?"
        name="reason"
        maxlength={512}
        required
        autofocus
        error={form.errorOf("reason")}
      />
    </FormDialog>
  );
}
