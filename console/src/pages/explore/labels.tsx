// What a track sounds like, as labels; one that is clicked becomes one of the words that the list is made from.
import { useComputed } from "@preact/signals";
import type { Row } from "../../api/types";
import { t } from "../../text";
import { plain } from "../../text/format";
import { want } from "./list";
import { sameSeed, wish, withChip, type Chip } from "./wish";

type Label = Row["labels"][number];

const shown = ({ name }: Label): string => t.value.labels.names[name] ?? plain(name);

/** The label as words: its own name, which every model that reads understands. */
const chipOf = (label: Label): Chip => ({ kind: "text", id: label.name, name: shown(label), sign: "plus", weight: 1 });

function toggle(label: Label): void {
  const chip = chipOf(label);
  const others = wish.peek().chips.filter((each) => !sameSeed(each, chip));
  if (others.length < wish.peek().chips.length) want({ chips: others });
  else want(withChip(wish.peek(), chip));
}

function Name({ label }: { label: Label }) {
  return (
    <>
      {shown(label)}
      {label.accuracy === "unmeasured" && (
        <>
          <span aria-hidden="true">?</span>
          <span class="hidden"> ({t.value.labels.unmeasured})</span>
        </>
      )}
    </>
  );
}

const told = (label: Label): string => (label.accuracy === "unmeasured" ? t.value.labels.unmeasuredTold : "");

function Button({ label }: { label: Label }) {
  const chosen = useComputed(() => wish.value.chips.some((each) => sameSeed(each, chipOf(label))));
  return (
    <button
      type="button"
      class="tag"
      data-accuracy={label.accuracy}
      aria-pressed={chosen.value}
      title={[t.value.labels.add(shown(label)), told(label)].filter(Boolean).join(" ")}
      onClick={() => toggle(label)}
    >
      <Name label={label} />
    </button>
  );
}

/** Eras only tell: as words they would ask for years of tags, not for a sound. */
const isWords = (label: Label): boolean => label.kind !== "era";

export function Labels({ row, title, clickable }: { row: Row; title: string; clickable: boolean }) {
  if (!row.labels.length) return null;
  return (
    <ul class="row-labels" aria-label={t.value.labels.of(title)}>
      {row.labels.map((label) => (
        <li key={label.name}>
          {clickable && isWords(label) ? (
            <Button label={label} />
          ) : (
            <span class="tag" data-accuracy={label.accuracy} title={told(label)}>
              <Name label={label} />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
