// Numbers, times and names as people read them, in the language of the page.
import { language } from "./index";

/** What would hide or turn the direction of writing is shown as what it is. */
export const plain = (value: string): string =>
  value.replace(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (each) => `\\u${each.codePointAt(0)!.toString(16).padStart(4, "0")}`);

export const number = (value: number, digits = 0): string =>
  new Intl.NumberFormat(language.value, { maximumFractionDigits: digits }).format(value);

export const percent = (share: number, digits = 0): string =>
  new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: digits }).format(share);

/** `3:07`, or `1:02:03` from an hour on. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export const clock = (seconds: number): string =>
  new Intl.DateTimeFormat(language.value, { timeStyle: "medium" }).format(seconds * 1000);

export const moment = (seconds: number): string =>
  new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeStyle: "short" }).format(seconds * 1000);

export const day = (seconds: number): string =>
  new Intl.DateTimeFormat(language.value, { dateStyle: "medium" }).format(seconds * 1000);

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
