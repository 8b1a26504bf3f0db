import { signOut } from "../app/sign-out.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { FormDialog } from "../ui/form-dialog.tsx";
import { note } from "../ui/toasts.ts";
import { useForm } from "../ui/use-form.ts";
import { PasswordField } from "./password-field.tsx";

/** Asks for the password before the account is erased. */
export function DeleteAccountDialog({ onClose }: { readonly onClose: () => void }) {
  const { clients } = useWorkspace();
  const form = useForm(async (values) => {
    await clients.auth.deleteAccount({ password: values.get("password") });
    note("Your account is deleted.");
    await signOut();
  });
  return (
    <FormDialog title="Delete your account?" form={form} verb="Delete for good" kind="danger" onClose={onClose}>
      <p>This cannot be taken back. Your sessions end at once, and nobody can sign in as you again.</p>
      <PasswordField
        label="Your password"
        autocomplete="current-password"
        error={form.errorOf("password", "BAD_CREDENTIALS")}
      />
    </FormDialog>
  );
}
