import type { ComponentChildren } from "preact";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";
import type { Form } from "./use-form.ts";

interface FormDialogProps {
  readonly title: string;
  readonly form: Form;
  /** What the button does, in a verb. */
  readonly verb: string;
  readonly kind?: "primary" | "danger";
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** Asks for a few things, and sends them together. */
export function FormDialog({ title, form, verb, kind = "primary", onClose, children }: FormDialogProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="stack" onSubmit={form.submit}>
        {children}
        <FormProblem form={form} />
        <div class="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind={kind} type="submit" isBusy={form.isBusy}>
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What is wrong with the form as a whole; after its fields, which may have taken the blame. */
export function FormProblem({ form }: { readonly form: Form }) {
  return (
    <p class="form-problem" role="alert">
      {form.problem}
    </p>
  );
}
