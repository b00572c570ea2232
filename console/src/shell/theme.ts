// Light or dark, as the device or the person wants it.
import { effect, signal } from "@preact/signals";
import { remember, remembered } from "../text/remembered";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const theme = signal<Theme>(remembered("theme", THEMES) ?? "auto");
const dark = matchMedia("(prefers-color-scheme: dark)");
const deviceIsDark = signal(dark.matches);
dark.addEventListener("change", () => (deviceIsDark.value = dark.matches));

effect(() => {
  const chosen = theme.value === "auto" ? (deviceIsDark.value ? "dark" : "light") : theme.value;
  document.documentElement.dataset.theme = chosen;
});

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  remember("theme", chosen);
}
