// Something that is fetched when it is first shown, and anew when the page missed events.
import { useEffect } from "preact/hooks";
import { useSignal, type Signal } from "@preact/signals";
import { isAbort } from "../api/http";
import { onRenewal } from "../live/state";

export interface Loaded<T> {
  value: Signal<T | null>;
  error: Signal<unknown>;
  load: () => Promise<void>;
}

/** Fetches with `get`; what is shown stays until the new answer is there. */
export function useLoaded<T>(get: () => Promise<T>, on: ReadonlyArray<unknown> = []): Loaded<T> {
  const value = useSignal<T | null>(null);
  const error = useSignal<unknown>(null);
  const turn = useSignal(0);
  const load = async (): Promise<void> => {
    const mine = ++turn.value;
    try {
      const found = await get();
      if (mine !== turn.peek()) return;
      value.value = found;
      error.value = null;
    } catch (failed) {
      if (mine === turn.peek() && !isAbort(failed)) error.value = failed;
    }
  };
  useEffect(() => {
    void load();
    return onRenewal(() => void load());
  }, on);
  return { value, error, load };
}

/** Calls `work` once things have been quiet for a moment, however often it is asked for. */
export function settled(work: () => void, milliseconds: number): () => void {
  let timer: number | undefined;
  return () => {
    clearTimeout(timer);
    timer = window.setTimeout(work, milliseconds);
  };
}
