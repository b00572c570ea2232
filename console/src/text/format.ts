// Numbers, times and names as people read them, in the language of the page.
import { language } from "./index";

/** What would hide or turn the direction of writing is shown as what it is. */
export const plain = (value: string): string =>
  value.replace(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (each) => `\\u${each.codePointAt(0)!.toString(16).padStart(4, "0")}`);

/** Formatters are slow to make and quick to use: each is made once a language. */
const made = new Map<string, { format(value: number): string }>();

function formatter(key: string, make: (language: string) => { format(value: number): string }): (value: number) => string {
  const name = `${language.value}:${key}`;
  let known = made.get(name);
  if (!known) made.set(name, (known = make(language.value)));
  return (value) => known.format(value);
}

export const number = (value: number, digits = 0): string =>
  formatter(`number${digits}`, (tag) => new Intl.NumberFormat(tag, { maximumFractionDigits: digits }))(value);

export const percent = (share: number): string =>
  formatter("percent", (tag) => new Intl.NumberFormat(tag, { style: "percent", maximumFractionDigits: 0 }))(share);

/** `3:07`, or `1:02:03` from an hour on. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export const clock = (seconds: number): string =>
  formatter("clock", (tag) => new Intl.DateTimeFormat(tag, { timeStyle: "medium" }))(seconds * 1000);

export const moment = (seconds: number): string =>
  formatter("moment", (tag) => new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeStyle: "short" }))(seconds * 1000);

export const day = (seconds: number): string =>
  formatter("day", (tag) => new Intl.DateTimeFormat(tag, { dateStyle: "medium" }))(seconds * 1000);

/** `in 5 minutes`, `3 hours ago`. */
export function relative(seconds: number, now = Date.now() / 1000): string {
  const distance = seconds - now;
  const steps: Array<[Intl.RelativeTimeFormatUnit, number]> = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];
  const [unit, size] = steps.find(([, length]) => Math.abs(distance) >= length) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(language.value, { numeric: "auto" }).format(Math.round(distance / size), unit);
}

export function bytes(value: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const step = value > 0 ? Math.min(Math.floor(Math.log2(value) / 10), units.length - 1) : 0;
  return `${number(value / 1024 ** step, step > 1 ? 1 : 0)} ${units[step]}`;
}
