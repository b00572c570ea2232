// The texts of the page. Every language has the shape of English; `t` is the one that is shown.
import { computed, effect, signal } from "@preact/signals";
import { de } from "./de";
import { en } from "./en";
import { remembered } from "./remembered";

export type Texts = typeof en;
export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;
const CATALOGUES: Record<Language, Texts> = { en, de };

export const language = signal<Language>(
  remembered("language", Object.keys(LANGUAGES) as Language[]) ?? (navigator.language.startsWith("de") ? "de" : "en"),
);
export const t = computed(() => CATALOGUES[language.value]);

effect(() => {
  document.documentElement.lang = language.value;
});
