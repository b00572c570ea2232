// What a list is made from: mode, chips, words to avoid, variety. As it is asked for, linked to, and typed.
import { signal } from "@preact/signals";
import { MERGE_STRATEGIES, MODES } from "../../contract";
import type { AskedSeed, ListRequest, MergeStrategy, Mode, SeedKind } from "../../api/types";

/** A seed as a chip: what is asked for, and what it is called. */
export interface Chip extends AskedSeed {
  name: string;
  note?: string;
}

export interface Wish {
  mode: Mode;
  chips: Chip[];
  avoid: string[];
  penalty: number;
  models: string[];
  merge: MergeStrategy;
  agreement: number;
  /** null: the person's own. */
  diversity: number | null;
  limit: number | null;
}

export const PENALTY = 0.85;
const KINDS: readonly SeedKind[] = ["track", "album", "artist", "genre", "text"];

export const blank = (mode: Mode = "recent"): Wish => ({
  mode,
  chips: [],
  avoid: [],
  penalty: PENALTY,
  models: [],
  merge: "union",
  agreement: 1,
  diversity: null,
  limit: null,
});

export const wish = signal<Wish>(blank());

export const sameSeed = (a: AskedSeed, b: AskedSeed): boolean => a.kind === b.kind && a.id === b.id;

/** Whether something can come of it: *custom* and *text* start from chips alone. */
export const isAble = ({ mode, chips }: Wish): boolean =>
  (mode !== "custom" && mode !== "text") || chips.some((chip) => chip.sign === "plus");

/** The model that was chosen first comes first. */
const inOrder = (models: string[]): Record<string, number> =>
  Object.fromEntries(models.map((name, place) => [name, place + 1]));

export function requestOf(wanted: Wish): Omit<ListRequest, "locked" | "removedIds"> {
  const seeds = wanted.chips.map(({ kind, id, sign, weight }) => ({ kind, id, sign, weight }));
  return {
    mode: wanted.mode,
    seeds,
    negativePrompts: wanted.avoid,
    ...(wanted.avoid.length && wanted.penalty !== PENALTY ? { negativePromptPenalty: wanted.penalty } : {}),
    ...(wanted.models.length ? { models: wanted.models, mergeStrategy: wanted.merge } : {}),
    ...(wanted.merge === "priority" ? { modelPriorities: inOrder(wanted.models) } : {}),
    ...(wanted.agreement > 1 ? { minModelAgreement: wanted.agreement } : {}),
    diversity: wanted.diversity,
    limit: wanted.limit,
  };
}

/** A wish with one more chip; the first one turns a mode that looks at plays into one's own choice. */
export function withChip(wanted: Wish, chip: Chip): Wish {
  const chips = [...wanted.chips.filter((each) => !sameSeed(each, chip)), chip];
  const own = wanted.mode === "custom" || wanted.mode === "text";
  const first = wanted.chips.length === 0 && chip.sign === "plus";
  const mode = chip.kind === "text" && (first || own) && chips.every((each) => each.kind === "text") ? "text" : "custom";
  return { ...wanted, chips, mode: first || own ? mode : wanted.mode };
}

const NEGATIVE = /(^|[\s,;])(?:no|not|without|ohne|keine?[nrms]?|nicht)\s+([^,;]+)/giu;

/** Splits what somebody wrote into what it should sound like and what to avoid. */
export function understood(text: string): { words: string; avoid: string[] } {
  const avoid: string[] = [];
  const rest = text.replace(NEGATIVE, (_, before: string, what: string) => {
    avoid.push(what.trim());
    return before;
  });
  const words = rest
    .split(/[,;]/)
    .map((part) => part.replace(/\s+/g, " ").replace(/\s(and|but|und|aber)$/iu, "").trim())
    .filter(Boolean)
    .join(", ");
  return { words, avoid };
}

/** The wish as the part of an address after `?`. */
export function toQuery(wanted: Wish): URLSearchParams {
  const query = new URLSearchParams({ mode: wanted.mode });
  for (const { kind, id, sign, weight } of wanted.chips) query.append("seed", [sign, weight, kind, id].join(":"));
  for (const each of wanted.avoid) query.append("avoid", each);
  for (const each of wanted.models) query.append("model", each);
  if (wanted.merge !== "union") query.set("merge", wanted.merge);
  if (wanted.agreement > 1) query.set("agree", String(wanted.agreement));
  if (wanted.penalty !== PENALTY) query.set("penalty", String(wanted.penalty));
  if (wanted.diversity !== null) query.set("variety", String(wanted.diversity));
  if (wanted.limit !== null) query.set("tracks", String(wanted.limit));
  return query;
}

const numberOr = <T>(text: string | null, least: number, most: number, otherwise: T): number | T => {
  const value = Number(text);
  return text !== null && text !== "" && value >= least && value <= most ? value : otherwise;
};

function chipOf(text: string): Chip[] {
  const [sign, weight, kind, ...id] = text.split(":");
  const known = KINDS.find((each) => each === kind);
  if (!known || !id.length) return [];
  const key = id.join(":");
  return [
    { kind: known, id: key, name: known === "text" ? key : "…", sign: sign === "minus" ? "minus" : "plus", weight: numberOr(weight ?? null, 0.1, 3, 1) },
  ];
}

/** The wish of an address; what does not fit is as if it were not there. */
export function fromQuery(query: URLSearchParams): Wish | null {
  const mode = MODES.find((each) => each === query.get("mode"));
  if (!mode) return null;
  return {
    mode,
    chips: query.getAll("seed").flatMap(chipOf).slice(0, 50),
    avoid: query.getAll("avoid").slice(0, 20),
    penalty: numberOr(query.get("penalty"), 0.3, 1, PENALTY),
    models: query.getAll("model"),
    merge: MERGE_STRATEGIES.find((each) => each === query.get("merge")) ?? "union",
    agreement: numberOr(query.get("agree"), 1, 32, 1),
    diversity: numberOr(query.get("variety"), 0, 1, null),
    limit: numberOr(query.get("tracks"), 1, 500, null),
  };
}
