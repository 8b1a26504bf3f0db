import { useRef, useState } from "preact/hooks";
import { Field } from "./field.tsx";

/** Something to be used elsewhere. */
export function CopyField({ label, value }: { readonly label: string; readonly value: string }) {
  const [isCopied, setCopied] = useState(false);
  const frame = useRef<HTMLDivElement>(null);

  async function copy(): Promise<void> {
    // Not every browser lets a page on plain HTTP write to the clipboard: then it is marked, ready for Ctrl+C.
    frame.current?.querySelector("input")?.select();
    await navigator.clipboard?.writeText(value).then(
      () => setCopied(true),
      () => {},
    );
  }

  return (
    <div ref={frame} class="copy-field">
      <Field label={label} value={value} readOnly spellcheck={false} onFocus={(event) => event.currentTarget.select()}>
        <button type="button" class="field-button" aria-label={`Copy: ${label}`} onClick={() => void copy()}>
          {isCopied ? "Copied" : "Copy"}
        </button>
      </Field>
    </div>
  );
}
