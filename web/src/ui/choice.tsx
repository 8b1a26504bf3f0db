import { useId } from "preact/hooks";

interface ChoiceProps<Value extends string> {
  readonly legend: string;
  /** The legend is only read out. */
  readonly isQuiet?: boolean;
  /** Side by side as one control, for a few short words. */
  readonly isNarrow?: boolean;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string; readonly hint?: string }[];
  readonly onChange: (value: Value) => void;
}

/** One of a few, all in sight. */
export function Choice<Value extends string>({
  legend,
  isQuiet = false,
  isNarrow = false,
  value,
  options,
  onChange,
}: ChoiceProps<Value>) {
  const name = useId();
  return (
    <fieldset class={isNarrow ? "choice choice-narrow" : "choice"}>
      <legend class={isQuiet ? "hidden" : undefined}>{legend}</legend>
      <div class="choice-options">
        {options.map((option) => (
          <label key={option.value} class="choice-option">
            <input
              type="radio"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            <span>
              <span class="choice-label">{option.label}</span>
              {option.hint !== undefined && <span class="choice-hint">{option.hint}</span>}
            </span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
