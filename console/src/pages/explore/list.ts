// The list: made from the wish, then changed row by row.
import { computed, effect, signal } from "@preact/signals";
import { isAbort } from "../../api/http";
import { makeList } from "../../api/people";
import type { ListAnswer, Row } from "../../api/types";
import { settled } from "../../parts/load";
import { replaceQuery, route } from "../../shell/route";
import { session } from "../../shell/session";
import { fromQuery, isAble, requestOf, toQuery, wish, type Chip, type Wish } from "./wish";

export const rows = signal<Row[]>([]);
export const answer = signal<ListAnswer | null>(null);
export const busy = signal(false);
export const error = signal<unknown>(null);
/** Ids of rows that stay where they are. */
export const locked = signal<ReadonlySet<string>>(new Set());
/** Ids of what somebody took out, and of what was re-rolled for this wish. */
export const removed = signal<ReadonlySet<string>>(new Set());
const rolled = signal<ReadonlySet<string>>(new Set());

export const seconds = computed(() => rows.value.reduce((sum, row) => sum + row.duration, 0));
/** Milliseconds that the slider rests before the list is asked for anew. */
const REST = 120;
let asking: AbortController | null = null;

interface Kept {
  id: string;
  place: number;
}

const lockedPlaces = (): Kept[] =>
  rows.peek().flatMap((row, place) => (locked.peek().has(row.id) ? [{ id: row.id, place }] : []));

/** Asks for the list; an earlier question that is not answered yet is given up. */
async function ask(kept: Kept[]): Promise<void> {
  asking?.abort();
  if (!isAble(wish.peek())) {
    busy.value = false;
    return;
  }
  const mine = new AbortController();
  asking = mine;
  busy.value = true;
  try {
    const removedIds = [...removed.peek(), ...rolled.peek()];
    const found = await makeList({ ...requestOf(wish.peek()), locked: kept, removedIds }, { signal: mine.signal });
    performance.mark("list-answered");
    show(found);
    error.value = null;
  } catch (failed) {
    if (!isAbort(failed)) error.value = failed;
  }
  if (asking === mine) busy.value = false;
}

function show(found: ListAnswer): void {
  const before = new Map(rows.peek().map((row) => [row.id, row]));
  const kept = (row: Row): Row => (row.score === null ? { ...row, ...scoreOf(before.get(row.id)) } : row);
  dressed.value = FIRST;
  answer.value = found;
  rows.value = found.rows.map(kept);
  name(found);
  requestAnimationFrame(() => afterPaint.port2.postMessage(null));
}

/** Rows from the top that have their buttons; those below the window get them after everything is painted. */
export const dressed = signal(0);
const FIRST = 12;
const STEP = 25;

/** Tells how long a list took from its answer to the screen, for whoever measures it; then dresses the rest. */
const afterPaint = new MessageChannel();
afterPaint.port1.onmessage = () => {
  if (dressed.peek() <= FIRST) performance.measure("list-painted", "list-answered");
  dressed.value = Math.min(dressed.peek() + STEP, rows.peek().length);
  if (dressed.peek() < rows.peek().length) requestAnimationFrame(() => afterPaint.port2.postMessage(null));
};

const scoreOf = (row: Row | undefined): Partial<Row> => (row ? { score: row.score, reason: row.reason, models: row.models } : {});

/** Chips of a link have no names until the answer tells them. */
function name(found: ListAnswer): void {
  const names = new Map(found.seeds.map((seed) => [`${seed.kind}:${seed.id}`, seed]));
  const named = (chip: Chip): Chip => {
    const known = names.get(`${chip.kind}:${chip.id}`);
    return known?.found ? { ...chip, name: known.name || chip.name, note: known.artist ?? chip.note } : chip;
  };
  if (wish.peek().chips.some((chip) => chip.name === "…")) {
    wish.value = { ...wish.peek(), chips: wish.peek().chips.map(named) };
  }
}

export const again = (): Promise<void> => ask(lockedPlaces());
const soon = settled(() => void again(), REST);

/** Changes the wish and asks for the list, at once or when the slider rests. */
export function want(changes: Partial<Wish>, later = false): void {
  wish.value = { ...wish.peek(), ...changes };
  replaceQuery("explore", toQuery(wish.peek()));
  if (changes.chips || changes.mode) rolled.value = new Set();
  if (later) soon();
  else void again();
}

export function startOver(fresh: Wish): void {
  locked.value = removed.value = rolled.value = new Set();
  rows.value = [];
  answer.value = null;
  error.value = null;
  want(fresh);
}

export function toggleLock(id: string): boolean {
  const next = new Set(locked.peek());
  const lock = !next.delete(id);
  if (lock) next.add(id);
  locked.value = next;
  return lock;
}

export function lockAll(lock: boolean): void {
  locked.value = new Set(lock ? rows.peek().map((row) => row.id) : []);
}

/** Another track in this place; all others stay. */
export async function reroll(id: string): Promise<void> {
  const kept = rows.peek().flatMap((row, place) => (row.id === id ? [] : [{ id: row.id, place }]));
  rolled.value = new Set([...rolled.peek(), id]);
  await ask(kept);
}

export async function rerollRest(): Promise<void> {
  const others = rows.peek().filter((row) => !locked.peek().has(row.id));
  rolled.value = new Set([...rolled.peek(), ...others.map((row) => row.id)]);
  await again();
}

/** Takes a row out; returns what puts it back. */
export function remove(id: string): () => void {
  const before = { rows: rows.peek(), removed: removed.peek(), locked: locked.peek() };
  rows.value = before.rows.filter((row) => row.id !== id);
  removed.value = new Set([...before.removed, id]);
  locked.value = new Set([...before.locked].filter((each) => each !== id));
  return () => {
    rows.value = before.rows;
    removed.value = before.removed;
    locked.value = before.locked;
  };
}

export function move(from: number, to: number): void {
  const next = [...rows.peek()];
  const [row] = next.splice(from, 1);
  if (!row || to < 0 || to > next.length) return;
  next.splice(to, 0, row);
  rows.value = next;
}

let shown = "";

/** Follows the address: a link of somebody else's, or the way back. */
effect(() => {
  const { page, query } = route.value;
  const text = query.toString();
  if (page !== "explore" || text === shown || !session.value?.open.people) return;
  shown = text;
  const linked = fromQuery(query);
  if (linked) {
    wish.value = linked;
    void again();
  }
});
