// What the list is made from, as chips: more or less of it, how much, and away with it.
import { IconButton } from "../../parts/button";
import { Icon, type IconName } from "../../parts/icon";
import type { SeedKind } from "../../api/types";
import { t } from "../../text";
import { number, plain } from "../../text/format";
import { want } from "./list";
import { wish, type Chip } from "./wish";

const ICONS: Record<SeedKind, IconName> = { track: "note", album: "album", artist: "artist", genre: "genre", text: "words" };
const WEIGHTS = [0.25, 0.5, 1, 1.5, 2, 3];

function change(chip: Chip, changes: Partial<Chip>): void {
  want({ chips: wish.peek().chips.map((each) => (each === chip ? { ...each, ...changes } : each)) });
}

function Weight({ chip }: { chip: Chip }) {
  const label = t.value.explore.weight(plain(chip.name));
  const weights = WEIGHTS.includes(chip.weight) ? WEIGHTS : [...WEIGHTS, chip.weight].sort((a, b) => a - b);
  return (
    <select
      class="chip-weight number"
      aria-label={label}
      title={label}
      value={String(chip.weight)}
      onChange={(event) => change(chip, { weight: Number(event.currentTarget.value) })}
    >
      {weights.map((weight) => (
        <option key={weight} value={String(weight)}>
          ×{number(weight, 2)}
        </option>
      ))}
    </select>
  );
}

function ChipView({ chip }: { chip: Chip }) {
  const s = t.value.explore;
  const name = plain(chip.name);
  const minus = chip.sign === "minus";
  return (
    <li class="chip" data-sign={chip.sign}>
      <Icon name={ICONS[chip.kind]} size={16} />
      <span title={chip.note ? `${name} · ${plain(chip.note)}` : name}>{name}</span>
      {chip.kind !== "text" && (
        <IconButton
          little
          icon={minus ? "minus" : "more"}
          label={`${s.sign(name)} (${minus ? s.minus : s.plus})`}
          pressed={minus}
          onClick={() => change(chip, { sign: minus ? "plus" : "minus" })}
        />
      )}
      <Weight chip={chip} />
      <IconButton
        little
        icon="close"
        label={s.removeChip(name)}
        onClick={() => want({ chips: wish.peek().chips.filter((each) => each !== chip) })}
      />
    </li>
  );
}

function Avoided({ text }: { text: string }) {
  const s = t.value.explore;
  return (
    <li class="chip" data-sign="minus">
      <Icon name="never" size={16} />
      <span>{plain(s.avoiding(text))}</span>
      <IconButton
        little
        icon="close"
        label={s.removeChip(plain(text))}
        onClick={() => want({ avoid: wish.peek().avoid.filter((each) => each !== text) })}
      />
    </li>
  );
}

export function Chips() {
  const { chips, avoid } = wish.value;
  if (!chips.length && !avoid.length) return null;
  return (
    <ul class="chips row" aria-label={t.value.explore.chips}>
      {chips.map((chip) => (
        <ChipView key={`${chip.kind}:${chip.id}`} chip={chip} />
      ))}
      {avoid.map((text) => (
        <Avoided key={text} text={text} />
      ))}
    </ul>
  );
}
