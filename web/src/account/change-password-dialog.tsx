import { useWorkspace } from "../app/use-workspace.ts";
import { FormDialog } from "../ui/form-dialog.tsx";
import { note } from "../ui/toasts.ts";
import { useForm } from "../ui/use-form.ts";
import { PasswordField } from "./password-field.tsx";

/** Sets a new password, which ends the sessions of all other devices. */
export function ChangePasswordDialog({ onClose }: { readonly onClose: () => void }) {
  const { clients } = useWorkspace();
  const form = useForm(async (values) => {
    await clients.auth.changePassword({ currentPassword: values.get("current"), newPassword: values.get("new") });
    note("Your password is changed. Your other devices are signed out.");
    onClose();
  });
  return (
    <FormDialog title="Change your password" form={form} verb="Change password" onClose={onClose}>
      <p>You stay signed in here. Everywhere else you sign in again, with the new one.</p>
      <PasswordField
        name="current"
        label="Password until now"
        autocomplete="current-password"
        error={form.errorOf("current_password", "BAD_CREDENTIALS")}
      />
      <PasswordField
        name="new"
        label="New password"
        autocomplete="new-password"
        hint="At least 8 characters. A few words together are easy to remember."
        minlength={8}
        maxlength={128}
        error={form.errorOf("new_password")}
      />
    </FormDialog>
  );
}
