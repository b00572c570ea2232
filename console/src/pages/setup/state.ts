// What the first run knows so far; it survives the restart of the mesh, because the page is not loaded again.
import { signal } from "@preact/signals";
import type { Applied, FirstList, ModelCost, SetupCheck, SetupFindings, SetupModels } from "../../contract";

export const STEPS = ["find", "check", "models", "start", "first"] as const;
export type Step = (typeof STEPS)[number];

export const step = signal<Step>("find");
/** The settings are written: the page stays until its last step, though the mesh is set up. */
export const underway = signal(false);
export const findings = signal<SetupFindings | null>(null);
/** The path in the field, and the library that was checked. */
export const database = signal("");
export const checked = signal<SetupCheck | null>(null);
export const known = signal<SetupModels | null>(null);
/** What each model costs; null: it could not be measured. */
export const costs = signal<Record<string, ModelCost | null>>({});
/** The names of the chosen models; null: the default. */
export const models = signal<string[] | null>(null);
export const installPlugin = signal(true);
export const applied = signal<Applied | null>(null);
export const first = signal<FirstList | null>(null);

/** The chosen models, the default ones until somebody chooses. */
export const chosenModels = (): string[] =>
  models.value ?? (known.value?.models ?? []).filter((each) => each.default).map((each) => each.name);
