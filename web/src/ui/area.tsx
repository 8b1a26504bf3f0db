import type { TextareaHTMLAttributes } from "preact";
import { useId } from "preact/hooks";

interface AreaProps extends TextareaHTMLAttributes<HTMLTextAreaElement> {
  readonly label: string;
  readonly error?: string | undefined;
}

/** A labelled field for several lines. */
export function Area({ label, error, ...textarea }: AreaProps) {
  const id = useId();
  return (
    <div class={error === undefined ? "field" : "field field-wrong"}>
      <label for={id}>{label}</label>
      <div class="field-frame">
        <textarea
          rows={3}
          {...textarea}
          id={id}
          aria-invalid={error === undefined ? undefined : "true"}
          aria-describedby={error === undefined ? undefined : `${id}-hint`}
        />
      </div>
      {error !== undefined && (
        <p class="field-hint" id={`${id}-hint`}>
          {error}
        </p>
      )}
    </div>
  );
}
