// One track of the list.
import { useComputed, useSignal, type Signal } from "@preact/signals";
import type { Row } from "../../api/types";
import { IconButton } from "../../parts/button";
import { Cover } from "../../parts/cover";
import { Icon } from "../../parts/icon";
import { t } from "../../text";
import { duration, percent, plain } from "../../text/format";
import { active, another, drop, isLocked, isPlaying, like, listen, lock, never, shift } from "./actions";
import { dragged, startDrag } from "./drag";
import { Labels } from "./labels";
import { dressed } from "./list";

function Score({ value }: { value: number | null }) {
  if (value === null) return <span class="score" />;
  const shown = percent(Math.max(0, value));
  return (
    <span class="score" title={t.value.list.score(shown)}>
      <span class="hidden">{t.value.list.score(shown)}</span>
      <span class="wave" aria-hidden="true">
        <span style={{ width: `${Math.round(100 * Math.min(1, Math.max(0, value)))}%` }} />
      </span>
    </span>
  );
}

function Grip({ row, title }: { row: Row; title: string }) {
  return (
    <button
      type="button"
      class="grip"
      aria-label={t.value.list.move(title)}
      title={t.value.list.move(title)}
      onPointerDown={(event) => startDrag(event, row.id)}
      onKeyDown={(event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key] as 1 | -1 | undefined;
        if (!step) return;
        event.preventDefault();
        shift(row, step);
      }}
    >
      <Icon name="grip" size={18} />
    </button>
  );
}

function Play({ row, title }: { row: Row; title: string }) {
  const playing = useComputed(() => isPlaying(row.id));
  const label = playing.value ? t.value.list.pause(title) : t.value.list.play(title);
  return (
    <button type="button" class="play" aria-label={label} title={label} onClick={() => listen(row)}>
      <Cover id={row.id} like={row.albumId} size={48} />
      <span class="play-mark">
        <Icon name={playing.value ? "pause" : "play"} size={20} />
      </span>
    </button>
  );
}

function Actions({ row, title }: { row: Row; title: string }) {
  const s = t.value.list;
  const locked = useComputed(() => isLocked(row.id));
  return (
    <div class="row-actions">
      <IconButton little icon="like" label={s.like(title)} onClick={() => like(row)} />
      <IconButton little icon="never" label={s.never(title)} onClick={() => never(row)} />
      <IconButton
        little
        icon={locked.value ? "lock" : "unlock"}
        label={s.lock(title)}
        pressed={locked.value}
        onClick={() => lock(row)}
      />
      <IconButton little icon="reroll" label={s.reroll(title)} onClick={() => void another(row)} />
      <IconButton little icon="close" label={s.remove(title)} onClick={() => drop(row)} />
    </div>
  );
}

function Words({ row, title, isDressed }: { row: Row; title: string; isDressed: boolean }) {
  return (
    <div class="words">
      <span class="row-title">{title}</span>
      <span class="row-by">
        {plain(row.artist)}
        <span class="row-album"> · {plain(row.album)}</span>
      </span>
      {(row.reason || row.labels.length > 0) && (
        <div class="row-why">
          {row.reason && <span class="row-reason">{plain(row.reason)}</span>}
          <Labels row={row} title={title} clickable={isDressed} />
        </div>
      )}
    </div>
  );
}

/** What changes about a row, as one value: rows are drawn by the hundred. */
function stateOf(id: string, place: number): string {
  const isActive = active.value === id || (active.value === null && place === 0);
  const isDressed = place < dressed.value || active.value === id;
  return [isActive && "active", isDressed && "dressed", dragged.value === id && "dragged", isLocked(id) && "locked"]
    .filter(Boolean)
    .join(" ");
}

function More({ open, title }: { open: Signal<boolean>; title: string }) {
  return (
    <span class="row-more">
      <IconButton
        little
        icon="dots"
        label={t.value.list.actions(title)}
        expanded={open.value}
        onClick={() => (open.value = !open.value)}
      />
    </span>
  );
}

export function RowView({ row, place }: { row: Row; place: number }) {
  const open = useSignal(false);
  const title = plain(row.title || row.id);
  const state = useComputed(() => stateOf(row.id, place)).value;
  const isDressed = state.includes("dressed");
  return (
    <li
      class={`track ${state}${open.value ? " open" : ""}`}
      data-row={row.id}
      tabIndex={state.includes("active") ? 0 : -1}
      aria-label={`${title}, ${plain(row.artist)}`}
      onFocusCapture={() => (active.value = row.id)}
    >
      {isDressed ? <Grip row={row} title={title} /> : <span class="grip" />}
      {isDressed ? <Play row={row} title={title} /> : <span class="play" />}
      <Words row={row} title={title} isDressed={isDressed} />
      <Score value={row.score} />
      <span class="number soft time">{duration(row.duration)}</span>
      {isDressed && <More open={open} title={title} />}
      {isDressed && <Actions row={row} title={title} />}
    </li>
  );
}
