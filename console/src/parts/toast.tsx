// Short messages that go by themselves, some with a way back; a screen reader hears them.
import { signal } from "@preact/signals";
import { t } from "../text";
import { said } from "./feedback";

interface Toast {
  key: number;
  text: string;
  undo?: () => void;
}

const STAYS = 6_000;
const MOST = 3;
const shown = signal<Toast[]>([]);
let next = 0;

export function toast(text: string, undo?: () => void): void {
  const made: Toast = undo ? { key: next++, text, undo } : { key: next++, text };
  shown.value = [...shown.value, made].slice(-MOST);
  setTimeout(() => drop(made.key), undo ? STAYS * 2 : STAYS);
}

export const toastError = (error: unknown): void => toast(said(error));

const drop = (key: number): void => {
  shown.value = shown.value.filter((each) => each.key !== key);
};

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.value.map(({ key, text, undo }) => (
        <div class="toast" key={key}>
          <span>{text}</span>
          {undo && (
            <button type="button" onClick={() => (drop(key), undo())}>
              {t.value.shell.undo}
            </button>
          )}
        </div>
      ))}
    </div>
  );
}

/** Says something only to a screen reader. */
export const spoken = signal("");
export const say = (text: string): void => {
  spoken.value = text;
};

export function Spoken() {
  return (
    <div class="hidden" role="status" aria-live="polite">
      {spoken.value}
    </div>
  );
}
