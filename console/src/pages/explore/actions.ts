// What can be done with a row, by button and by key.
import { signal } from "@preact/signals";
import type { Row } from "../../api/types";
import { say, toast } from "../../parts/toast";
import { current, playing, toggle, toggleCurrent } from "../../player/state";
import { t } from "../../text";
import { plain } from "../../text/format";
import { locked, move, remove, reroll, rows, toggleLock, want } from "./list";
import { wish, withChip, type Chip } from "./wish";

/** The row that the keys are about. */
export const active = signal<string | null>(null);
export const helpShown = signal(false);

const seed = (row: Row, sign: Chip["sign"]): Chip => ({
  kind: "track",
  id: row.id,
  name: row.title,
  note: row.artist,
  sign,
  weight: 1,
});

export const like = (row: Row): void => want(withChip(wish.peek(), seed(row, "plus")));

/** Never this, and less like it. */
export function never(row: Row): void {
  const before = wish.peek();
  const back = take(row);
  want(withChip(before, seed(row, "minus")));
  toast(t.value.list.nevered(plain(row.title)), () => {
    back();
    want(before);
  });
}

export function drop(row: Row): void {
  const back = take(row);
  toast(t.value.list.removed(plain(row.title)), back);
}

/** Removes a row, and gives the focus to the one that takes its place. */
function take(row: Row): () => void {
  const place = rows.peek().findIndex((each) => each.id === row.id);
  const focused = rowElement(row.id)?.contains(document.activeElement);
  const back = remove(row.id);
  const next = rows.peek()[Math.min(place, rows.peek().length - 1)];
  if (focused && next) focusRow(next.id);
  return back;
}

export function lock(row: Row): void {
  const s = t.value.list;
  say((toggleLock(row.id) ? s.locked : s.unlocked)(plain(row.title)));
}

/** Another track in the row's place; the focus stays at that place. */
export async function another(row: Row): Promise<void> {
  const place = rows.peek().findIndex((each) => each.id === row.id);
  const focused = rowElement(row.id)?.contains(document.activeElement);
  await reroll(row.id);
  const next = rows.peek()[place];
  if (focused && next && next.id !== row.id) focusRow(next.id);
}

export const listen = (row: Row): void => toggle(row, rows.peek());
export const isPlaying = (id: string): boolean => current.value?.id === id && playing.value;

export function shift(row: Row, by: 1 | -1): void {
  const from = rows.peek().findIndex((each) => each.id === row.id);
  const to = from + by;
  if (to < 0 || to >= rows.peek().length) return;
  move(from, to);
  say(t.value.list.moved(plain(row.title), String(to + 1)));
  focusRow(row.id, true);
}

const rowElement = (id: string): HTMLElement | null => document.querySelector(`[data-row="${CSS.escape(id)}"]`);

/** Puts the focus on a row once it is drawn; `keep`: on the part of it that has it. */
export function focusRow(id: string, keep = false): void {
  const part = keep && document.activeElement instanceof HTMLElement ? document.activeElement : null;
  active.value = id;
  requestAnimationFrame(() => {
    const element = rowElement(id);
    if (part && element?.contains(part)) part.focus();
    else element?.focus();
    element?.scrollIntoView({ block: "nearest" });
  });
}

function neighbour(by: 1 | -1): void {
  const place = rows.peek().findIndex((row) => row.id === active.peek());
  const row = rows.peek()[place < 0 ? 0 : place + by];
  if (row) focusRow(row.id);
}

const activeRow = (): Row | undefined => rows.peek().find((row) => row.id === active.peek());

const KEYS: Record<string, (row: Row) => void> = { l: like, x: never, k: lock, r: (row) => void another(row), Delete: drop };

/** What a key means on this page; true where it meant something. */
function pressed(event: KeyboardEvent): boolean {
  const row = activeRow();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key] as 1 | -1 | undefined;
  if (event.key === "?") helpShown.value = true;
  else if (event.key === "/") document.getElementById("search")?.focus();
  else if (step && event.altKey && row) shift(row, step);
  else if (step) neighbour(step);
  else if (event.key === " ") return space(event, row);
  else if (row && KEYS[event.key]) KEYS[event.key]?.(row);
  else return false;
  return true;
}

function space(event: KeyboardEvent, row: Row | undefined): boolean {
  if ((event.target as Element).closest("button, a, summary")) return false;
  if (row && row.id !== current.peek()?.id && rowElement(row.id)?.contains(event.target as Node)) listen(row);
  else if (current.peek()) toggleCurrent();
  else if (row ?? rows.peek()[0]) listen((row ?? rows.peek()[0])!);
  else return false;
  return true;
}

export function onKey(event: KeyboardEvent): void {
  const inField = (event.target as Element).closest("input, textarea, select, dialog");
  if (inField || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
  if (pressed(event)) event.preventDefault();
}

export const isLocked = (id: string): boolean => locked.value.has(id);
