// Saving the list: a new playlist, or one that is replaced or gets longer.
import { useState } from "preact/hooks";
import { appendTo, playlists, savePlaylist } from "../../api/people";
import type { PlaylistInfo, Row, Saved } from "../../api/types";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Failed, Loading, Note } from "../../parts/feedback";
import { Choice, TextField } from "../../parts/fields";
import { useLoaded } from "../../parts/load";
import { t } from "../../text";
import { number, plain } from "../../text/format";

type Target = "new" | "replace" | "append";

interface SaveProps {
  name: string;
  rows: Row[];
  close: () => void;
}

function Outcome({ saved, target, rows, close }: { saved: Saved; target: Target; rows: Row[]; close: () => void }) {
  const s = t.value.list;
  const told = target === "append" ? s.appended : s.saved;
  const dropped = saved.dropped.map((id) => rows.find((row) => row.id === id)?.title ?? id);
  return (
    <div class="stack">
      <Note tone="good">{told(number(saved.saved), plain(saved.name))}</Note>
      {dropped.length > 0 && (
        <Note>
          <strong>{s.leftOut}</strong>
          <ul>
            {dropped.map((title, place) => (
              <li key={place}>{plain(title)}</li>
            ))}
          </ul>
        </Note>
      )}
      <div class="row">
        <span class="push">
          <Button look="main" onClick={close}>
            {t.value.shell.close}
          </Button>
        </span>
      </div>
    </div>
  );
}

interface PickProps {
  known: PlaylistInfo[];
  chosen: string;
  choose: (id: string) => void;
}

function Pick({ known, chosen, choose }: PickProps) {
  const s = t.value.list;
  if (!known.length) return <Note>{s.noPlaylists}</Note>;
  return (
    <div class="field">
      <label for="playlist" class="label">
        {s.playlist}
      </label>
      <select id="playlist" class="input" value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
        {known.map((each) => (
          <option key={each.id} value={each.id}>
            {plain(each.name)} ({number(each.tracks)})
          </option>
        ))}
      </select>
    </div>
  );
}

function Form({ name: proposed, rows, done }: { name: string; rows: Row[]; done: (saved: Saved, target: Target) => void }) {
  const s = t.value.list;
  const [target, setTarget] = useState<Target>("new");
  const [name, setName] = useState(proposed);
  const [chosen, setChosen] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const loaded = useLoaded(playlists);
  const known = (loaded.value.value?.playlists ?? []).filter((each) => each.writable);
  const playlist = known.find((each) => each.id === chosen) ?? known[0];
  const ids = rows.map((row) => row.id);
  const send = (): Promise<Saved> => {
    if (target === "new" || !playlist) return savePlaylist(name.trim() || proposed, ids);
    return target === "replace" ? savePlaylist(playlist.name, ids, playlist.id) : appendTo(playlist.id, ids);
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      done(await send(), target);
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  const targets: Array<{ value: Target; text: string }> = [
    { value: "new", text: s.asNew },
    { value: "replace", text: s.replaceIt },
    { value: "append", text: s.appendIt },
  ];
  if (!loaded.value.value && !loaded.error.value) return <Loading />;
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Choice label={s.target} value={target} options={targets} onChange={setTarget} />
      {target === "new" ? (
        <TextField label={s.playlistName} value={name} onInput={setName} required />
      ) : (
        <Pick known={known} chosen={playlist?.id ?? ""} choose={setChosen} />
      )}
      {target === "replace" && playlist && <Note>{s.replaceWarning(number(playlist.tracks))}</Note>}
      {error !== null && <Failed error={error} />}
      <div class="row">
        <span class="push">
          <Button submit look="main" disabled={busy || (target !== "new" && !playlist)}>
            {t.value.shell.save}
          </Button>
        </span>
      </div>
    </form>
  );
}

export function SaveDialog({ name, rows, close }: SaveProps) {
  const [outcome, setOutcome] = useState<{ saved: Saved; target: Target } | null>(null);
  return (
    <Dialog title={t.value.list.saveTitle} close={close}>
      {outcome ? (
        <Outcome {...outcome} rows={rows} close={close} />
      ) : (
        <Form name={name} rows={rows} done={(saved, target) => setOutcome({ saved, target })} />
      )}
    </Dialog>
  );
}
