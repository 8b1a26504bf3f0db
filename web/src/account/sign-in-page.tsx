import { useState } from "preact/hooks";
import { Mark } from "../app/mark.tsx";
import { session } from "../app/session.ts";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { useForm } from "../ui/use-form.ts";
import { PasswordField } from "./password-field.tsx";

type Mode = "sign-in" | "register";

export function SignInPage() {
  const [mode, setMode] = useState<Mode>("sign-in");
  document.title = "Veza";
  return (
    <main class="door">
      <div class="door-card">
        <header class="door-head">
          <Mark />
          <h1>{mode === "sign-in" ? "Welcome to Veza" : "Join Veza"}</h1>
          <p>Talk and listen together, on your own server.</p>
        </header>
        {mode === "sign-in" ? <SignInForm /> : <RegisterForm />}
        <p class="door-switch">
          {mode === "sign-in" ? "New here?" : "Been here before?"}{" "}
          <button
            type="button"
            class="text-button"
            onClick={() => setMode(mode === "sign-in" ? "register" : "sign-in")}
          >
            {mode === "sign-in" ? "Create an account" : "Sign in"}
          </button>
        </p>
      </div>
    </main>
  );
}

function SignInForm() {
  const form = useForm(async (data) => {
    await session.signIn(data.get("login"), data.get("password"));
  });
  return (
    <form class="stack" aria-label="Sign in" onSubmit={form.submit}>
      <Field
        label="User name or e-mail"
        name="login"
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        required
        autofocus
        error={form.errorOf("login")}
      />
      <PasswordField label="Password" autocomplete="current-password" error={form.errorOf("password")} />
      <FormProblem text={form.problem} />
      <Button kind="primary" type="submit" isWide isBusy={form.isBusy}>
        Sign in
      </Button>
    </form>
  );
}

function RegisterForm() {
  const form = useForm(async (data) => {
    await session.register({
      username: data.get("username"),
      email: data.get("email"),
      password: data.get("password"),
    });
  });
  return (
    <form class="stack" aria-label="Create an account" onSubmit={form.submit}>
      <Field
        label="User name"
        name="username"
        hint="3 to 32 letters, digits, dots, dashes or underscores. Others see it."
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        minlength={3}
        maxlength={32}
        pattern="[A-Za-z0-9][A-Za-z0-9._\-]*"
        required
        autofocus
        error={form.errorOf("username", "USERNAME_TAKEN")}
      />
      <Field
        label="E-mail"
        name="email"
        type="email"
        autocomplete="email"
        maxlength={254}
        required
        error={form.errorOf("email", "EMAIL_TAKEN")}
      />
      <PasswordField
        label="Password"
        hint="At least 8 characters. A few words together are easy to remember."
        autocomplete="new-password"
        minlength={8}
        maxlength={128}
        error={form.errorOf("password")}
      />
      <FormProblem text={form.problem} />
      <Button kind="primary" type="submit" isWide isBusy={form.isBusy}>
        Create account
      </Button>
    </form>
  );
}

/** What is wrong with the form as a whole. */
function FormProblem({ text }: { readonly text: string | undefined }) {
  return (
    <p class="form-problem" role="alert">
      {text}
    </p>
  );
}
