// What the one box offers while somebody types.
import { signal } from "@preact/signals";
import { isAbort } from "../../api/http";
import { find } from "../../api/people";
import type { Example, Found } from "../../api/types";
import { settled } from "../../parts/load";
import { t } from "../../text";
import { startOver, want } from "./list";
import { blank, understood, wish, withChip, type Chip } from "./wish";

export const typed = signal("");
export const found = signal<Found | null>(null);
export const examples = signal<Example[]>([]);
export const searchError = signal<unknown>(null);
const REST = 100;
let asking: AbortController | null = null;

export interface Option {
  key: string;
  group: keyof typeof t.value.explore.groups;
  chip: Chip | null;
  text: string;
  note: string;
}

async function ask(): Promise<void> {
  asking?.abort();
  const q = typed.peek().trim();
  asking = new AbortController();
  try {
    const answer = await find(q, { signal: asking.signal });
    if (answer.examples.length) examples.value = answer.examples;
    found.value = q ? answer : null;
    words.value = answer.words;
    searchError.value = null;
  } catch (failed) {
    if (!isAbort(failed)) searchError.value = failed;
  }
}

/** Whether some model reads descriptions. */
export const words = signal<Found["words"]>({ able: false, model: null, reason: null });
export const loadExamples = (): Promise<void> => ask();
const soon = settled(() => void ask(), REST);

export function type(text: string): void {
  typed.value = text;
  if (text.trim()) soon();
  else found.value = null;
}

const chip = (kind: Chip["kind"], id: string, name: string, note = ""): Chip => ({ kind, id, name, note, sign: "plus", weight: 1 });

/** Everything that fits what was typed, in the order in which it is shown. */
export function optionsOf(answer: Found | null): Option[] {
  if (!answer || !typed.value.trim()) return [];
  const tracks = t.value.shell.tracks;
  const many = (count: number): string => tracks(count, String(count));
  const make = (group: Option["group"], made: Chip, note: string): Option => ({
    key: `${group}:${made.id}`,
    group,
    chip: made,
    text: made.name,
    note,
  });
  return [
    ...answer.artists.map((each) => make("artists", chip("artist", each.id, each.name), many(each.tracks))),
    ...answer.albums.map((each) => make("albums", chip("album", each.id, each.name, each.artist), each.artist)),
    ...answer.tracks.map((each) => make("tracks", chip("track", each.id, each.title, each.artist), each.artist)),
    ...answer.genres.map((each) => make("genres", chip("genre", each.id, each.name), many(each.tracks))),
    ...(answer.words.able ? wordsOption() : []),
  ];
}

function wordsOption(): Option[] {
  const { words: said, avoid } = understood(typed.value);
  const s = t.value.explore;
  const note = avoid.map(s.avoiding).join(", ");
  return said || note ? [{ key: "words", group: "words", chip: null, text: said ? s.asWords(said) : note, note: said ? note : "" }] : [];
}

export function choose(option: Option): void {
  if (option.chip) want(withChip(wish.peek(), option.chip));
  else chooseWords(typed.peek());
  clear();
}

function chooseWords(text: string): void {
  const { words: said, avoid } = understood(text);
  const before = wish.peek();
  const next = said ? withChip(before, chip("text", said, said)) : before;
  want({ ...next, avoid: [...new Set([...before.avoid, ...avoid])] });
}

/** What Enter means without a choice: the thing of just that name, else the words, else what fits best. */
export function submit(options: Option[]): void {
  const q = typed.peek().trim().toLowerCase();
  if (!q) return;
  const exact = options.find((each) => each.chip && each.text.toLowerCase() === q);
  const best = exact ?? options.find((each) => each.group === "words") ?? options[0];
  if (best) choose(best);
}

export function clear(): void {
  typed.value = "";
  found.value = null;
}

export function tryExample(example: Example): void {
  const fresh = blank("custom");
  const seed = example.kind === "text" ? chip("text", example.text, example.text) : chip(example.kind, example.id ?? example.text, example.text);
  startOver({ ...withChip(fresh, seed), avoid: example.negative ? [example.negative] : [] });
}
