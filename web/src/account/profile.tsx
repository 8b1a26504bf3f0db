import { useEffect, useState } from "preact/hooks";
import type { UserInfo } from "#gen/veza/auth/v1/user_pb.ts";
import { useWorkspace } from "../app/use-workspace.ts";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { FormDialog } from "../ui/form-dialog.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { complain, note } from "../ui/toasts.ts";
import { useForm } from "../ui/use-form.ts";
import { ChangePasswordDialog } from "./change-password-dialog.tsx";

/** Who the person is to the service, and how they prove it. */
export function Profile() {
  const { clients } = useWorkspace();
  const [user, setUser] = useState<UserInfo>();
  const [open, setOpen] = useState<"profile" | "password">();
  const close = () => setOpen(undefined);

  useEffect(() => {
    clients.auth.getUserInfo({}).then((answer) => setUser(answer.user), complain);
  }, [clients]);

  return (
    <section class="settings-section" aria-labelledby="profile-title">
      <h2 id="profile-title">Profile</h2>
      {user === undefined ? (
        <Skeleton label="Loading your profile" kind="rows" count={2} />
      ) : (
        <dl class="facts">
          <Fact name="User name" value={user.username} />
          <Fact name="Name" value={`${user.firstName} ${user.lastName}`.trim()} />
          <Fact name="E-mail" value={user.email} />
        </dl>
      )}
      <div class="settings-actions">
        <Button icon="pencil" onClick={() => user !== undefined && setOpen("profile")}>
          Edit profile…
        </Button>
        <Button icon="key" onClick={() => setOpen("password")}>
          Change password…
        </Button>
      </div>
      {open === "profile" && user !== undefined && <ProfileDialog user={user} onSaved={setUser} onClose={close} />}
      {open === "password" && <ChangePasswordDialog onClose={close} />}
    </section>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value || "Not given"}</dd>
    </div>
  );
}

interface ProfileDialogProps {
  readonly user: UserInfo;
  readonly onSaved: (user: UserInfo) => void;
  readonly onClose: () => void;
}

function ProfileDialog({ user, onSaved, onClose }: ProfileDialogProps) {
  const { clients } = useWorkspace();
  const form = useForm(async (values) => {
    const email = values.get("email").trim();
    const answer = await clients.auth.updateProfile({
      firstName: values.get("first").trim(),
      lastName: values.get("last").trim(),
      // An address that stays the same stays confirmed.
      ...(email !== user.email && { email }),
    });
    if (answer.user !== undefined) onSaved(answer.user);
    note("Your profile is saved.");
    onClose();
  });
  return (
    <FormDialog title="Edit your profile" form={form} verb="Save" onClose={onClose}>
      <Field
        name="first"
        label="First name (optional)"
        maxlength={64}
        autocomplete="given-name"
        defaultValue={user.firstName}
        error={form.errorOf("first_name")}
      />
      <Field
        name="last"
        label="Last name (optional)"
        maxlength={64}
        autocomplete="family-name"
        defaultValue={user.lastName}
        error={form.errorOf("last_name")}
      />
      <Field
        name="email"
        label="E-mail"
        type="email"
        required
        maxlength={254}
        autocomplete="email"
        defaultValue={user.email}
        error={form.errorOf("email", "EMAIL_TAKEN")}
      />
    </FormDialog>
  );
}
