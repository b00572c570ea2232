// The list with what can be done with all of it.
import { useState } from "preact/hooks";
import { useComputed } from "@preact/signals";
import type { ListAnswer } from "../../api/types";
import { Button } from "../../parts/button";
import { Empty, Note } from "../../parts/feedback";
import { t } from "../../text";
import { duration, number, plain } from "../../text/format";
import { toastError } from "../../parts/toast";
import { answer, busy, lockAll, locked, rerollRest, rows, seconds } from "./list";
import { RowView } from "./row";
import { SaveDialog } from "./save";
import { copyCurl, copyLink, copyM3u } from "./share";

function Toolbar({ found }: { found: ListAnswer }) {
  const s = t.value.list;
  const [saving, setSaving] = useState(false);
  const some = locked.value.size > 0;
  return (
    <div class="toolbar row">
      <Button little look="main" icon="save" onClick={() => setSaving(true)}>
        {s.save}
      </Button>
      <Button little icon="reroll" title={s.rerollRestTold} onClick={() => void rerollRest().catch(toastError)}>
        {s.rerollRest}
      </Button>
      <Button little icon={some ? "unlock" : "lock"} onClick={() => lockAll(!some)}>
        {some ? s.unlockAll : s.lockAll}
      </Button>
      <span class="push row">
        <Button little look="quiet" onClick={() => void copyM3u()}>
          {s.copyM3u}
        </Button>
        <Button little look="quiet" onClick={() => void copyLink()}>
          {s.copyLink}
        </Button>
        <Button little look="quiet" onClick={() => void copyCurl()}>
          {s.copyCurl}
        </Button>
      </span>
      {saving && <SaveDialog name={found.name} rows={rows.value} close={() => setSaving(false)} />}
    </div>
  );
}

function Warnings({ found }: { found: ListAnswer }) {
  if (!found.warnings.length) return null;
  const known: Partial<Record<string, string>> = t.value.warnings;
  const told = found.warnings.map((message, place) => known[found.warningCodes[place] ?? ""] ?? message);
  return (
    <Note>
      <ul>
        {[...new Set(told)].map((message) => (
          <li key={message}>{plain(message)}</li>
        ))}
      </ul>
    </Note>
  );
}

export function Listing() {
  const s = t.value.list;
  const found = answer.value;
  const total = useComputed(() => `${s.made(rows.value.length, number(rows.value.length))} · ${s.total(duration(seconds.value))}`);
  if (!found) return null;
  if (!rows.value.length) {
    return (
      <section class="stack" aria-label={s.region}>
        <Empty title={t.value.explore.emptyList} />
        <Warnings found={found} />
      </section>
    );
  }
  return (
    <section class="stack listing" aria-label={s.region} aria-busy={busy.value}>
      <header class="row">
        <h2>{plain(found.name)}</h2>
        <p class="soft number" role="status">
          {total.value}
        </p>
      </header>
      <Toolbar found={found} />
      <Warnings found={found} />
      <ol class="tracks">
        {rows.value.map((row, place) => (
          <RowView key={row.id} row={row} place={place} />
        ))}
      </ol>
    </section>
  );
}
