// Fields: text, slider, switch, choice, with their labels.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface SliderProps {
  label: string;
  value: number;
  least: number;
  most: number;
  step: number;
  shown: string;
  onInput: (value: number) => void;
  /** When the person lets go. */
  onChange?: (value: number) => void;
  ends?: [string, string];
  /** The label is told elsewhere. */
  bare?: boolean;
}

export function Slider({ label, value, least, most, step, shown, onInput, onChange, ends, bare }: SliderProps) {
  const id = useId();
  return (
    <div class="field slider">
      {!bare && (
        <div class="row">
          <label for={id} class="label">
            {label}
          </label>
          <output for={id} class="push number soft">
            {shown}
          </output>
        </div>
      )}
      <div class="slider-line">
        {ends && (
          <span class="small soft" aria-hidden="true">
            {ends[0]}
          </span>
        )}
        <input
          id={id}
          type="range"
          min={least}
          max={most}
          step={step}
          value={value}
          aria-label={bare ? label : undefined}
          aria-valuetext={shown}
          onInput={(event) => onInput(event.currentTarget.valueAsNumber)}
          onChange={(event) => onChange?.(event.currentTarget.valueAsNumber)}
        />
        {ends && (
          <span class="small soft" aria-hidden="true">
            {ends[1]}
          </span>
        )}
      </div>
    </div>
  );
}

interface SwitchProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  bare?: boolean;
  describedBy?: string;
}

export function Switch({ label, checked, onChange, bare, describedBy }: SwitchProps) {
  const input = (
    <input
      type="checkbox"
      role="switch"
      class="switch"
      checked={checked}
      aria-label={bare ? label : undefined}
      aria-describedby={describedBy}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  );
  if (bare) return input;
  return (
    <label class="check">
      {input}
      <span>{label}</span>
    </label>
  );
}

interface CheckProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ComponentChildren;
}

export function Check({ checked, onChange, children }: CheckProps) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>{children}</span>
    </label>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: ReadonlyArray<{ value: T; text: string; title?: string }>;
  onChange: (value: T) => void;
}

/** A few options side by side, of which one is chosen. */
export function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  const name = useId();
  return (
    <div class="choice" role="radiogroup" aria-label={label}>
      {options.map((option) => (
        <label key={option.value} title={option.title}>
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          {option.text}
        </label>
      ))}
    </div>
  );
}

interface TextProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  secret?: boolean;
  autocomplete?: string;
  placeholder?: string;
  required?: boolean;
  bare?: boolean;
  onKeyDown?: (event: KeyboardEvent) => void;
}

export function TextField({ label, value, onInput, secret, bare, ...rest }: TextProps) {
  const id = useId();
  const common = {
    id,
    class: "input",
    value,
    spellcheck: false,
    onInput: (event: { currentTarget: HTMLInputElement }) => onInput(event.currentTarget.value),
    ...rest,
  };
  return (
    <div class="field">
      <label for={id} class={bare ? "hidden" : "label"}>
        {label}
      </label>
      {secret ? <input type="password" {...common} /> : <input type="text" {...common} />}
    </div>
  );
}
