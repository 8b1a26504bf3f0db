import { useState } from "preact/hooks";
import { Field } from "../ui/field.tsx";

interface PasswordFieldProps {
  readonly label: string;
  readonly autocomplete: "current-password" | "new-password";
  readonly name?: string;
  readonly hint?: string;
  readonly minlength?: number;
  readonly maxlength?: number;
  readonly error?: string | undefined;
}

/** A password, which can be looked at before it is sent. */
export function PasswordField({ name = "password", ...props }: PasswordFieldProps) {
  const [isShown, setShown] = useState(false);
  return (
    <Field {...props} name={name} type={isShown ? "text" : "password"} required>
      <button type="button" class="field-button" aria-pressed={isShown} onClick={() => setShown(!isShown)}>
        {isShown ? "Hide" : "Show"}
        <span class="hidden"> {props.label.toLowerCase()}</span>
      </button>
    </Field>
  );
}
