import { useId } from "preact/hooks";

interface SelectFieldProps<Value extends string | number> {
  readonly label: string;
  /** The label is only read out. */
  readonly isQuiet?: boolean;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (value: Value) => void;
}

/** One of several, behind a button. */
export function SelectField<Value extends string | number>(props: SelectFieldProps<Value>) {
  const { label, isQuiet = false, value, options, onChange } = props;
  const id = useId();
  return (
    <div class="field">
      <label for={id} class={isQuiet ? "hidden" : undefined}>
        {label}
      </label>
      <div class="field-frame">
        <select
          id={id}
          value={String(value)}
          onChange={({ currentTarget }) => {
            const chosen = options[currentTarget.selectedIndex];
            if (chosen !== undefined) onChange(chosen.value);
          }}
        >
          {options.map((option) => (
            <option key={option.value} value={String(option.value)} selected={option.value === value}>
              {option.label}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}
