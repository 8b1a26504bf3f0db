import type { ComponentChildren, InputHTMLAttributes, PartialInputHTMLAttributes } from "preact";
import { useId } from "preact/hooks";

interface FieldProps extends Omit<PartialInputHTMLAttributes<HTMLInputElement>, "role" | "label" | "size" | "list"> {
  readonly type?: "text" | "email" | "password";
  readonly label: string;
  readonly hint?: string;
  /** What is wrong with what was entered. */
  readonly error?: string | undefined;
  /** Inside the frame, behind the text. */
  readonly children?: ComponentChildren;
}

/** A labelled line of text, with what helps to fill it in. */
export function Field({ label, hint, error, children, type = "text", ...input }: FieldProps) {
  const id = useId();
  const explained = error ?? hint;
  const attributes = {
    ...input,
    type,
    id,
    "aria-invalid": error === undefined ? undefined : "true",
    "aria-describedby": explained === undefined ? undefined : `${id}-hint`,
    // Every kind of input has its own type: which one it is shows only as it runs.
  } as InputHTMLAttributes<HTMLInputElement>;
  return (
    <div class={error === undefined ? "field" : "field field-wrong"}>
      <label for={id}>{label}</label>
      <div class="field-frame">
        <input {...attributes} />
        {children}
      </div>
      {explained !== undefined && (
        <p class="field-hint" id={`${id}-hint`}>
          {explained}
        </p>
      )}
    </div>
  );
}
