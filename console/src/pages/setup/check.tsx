// Step 2: what the library holds, whether its files can be read here, where Navidrome answers.
import { useState } from "preact/hooks";
import * as setup from "../../api/setup";
import type { PathPair, SetupCheck, TriedFile } from "../../contract";
import { Button } from "../../parts/button";
import { Badge, Note } from "../../parts/feedback";
import { TextField } from "../../parts/fields";
import { Table } from "../../parts/table";
import { t } from "../../text";
import { number, plain } from "../../text/format";
import { Busy, StepError } from "./parts";
import { checked, step } from "./state";

function Facts({ found }: { found: SetupCheck }) {
  const s = t.value.setup;
  const kinds = Object.entries(found.formats).map(([ending, count]) => `${number(count)} ${plain(ending)}`);
  const tracks = t.value.shell.tracks(found.tracks, number(found.tracks));
  return (
    <>
      <p class="lead">
        {s.facts(tracks, number(found.hours, found.hours < 10 ? 1 : 0))} · {s.users(found.users, number(found.users))}
      </p>
      <p class="small soft">
        {s.formats}: {kinds.join(", ")}
      </p>
      <Table
        label={s.libraries}
        columns={[
          { name: s.library, cell: (each) => plain(each.name) },
          { name: s.theirs, cell: (each) => <span class="path">{plain(each.path)}</span> },
          { name: s.here, cell: (each) => <span class="path">{plain(each.here)}</span> },
          { name: s.libraryTracks, cell: (each) => number(each.tracks), end: true },
        ]}
        rows={found.libraries}
        keyOf={(each) => each.path}
      />
    </>
  );
}

/** Whether so many files are lost that a folder may be: a single one may just be gone. */
const mostlyLost = (found: SetupCheck): boolean => found.readable < 0.9 * found.tried.length;

function Tried({ found }: { found: SetupCheck }) {
  const s = t.value.setup;
  if (!found.tried.length) return <Note tone="bad">{s.noFiles}</Note>;
  const lost = found.tried.find((each) => each.problem);
  return (
    <>
      <h3>{s.tried}</h3>
      {found.readable > 0 ? (
        <Note tone="good">{s.triedResult(number(found.readable), number(found.tried.length))}</Note>
      ) : (
        <Note tone="bad">
          <strong>{s.noneReadable}</strong>
          <p>{s.noneReadableTold(plain(lost?.here ?? ""))}</p>
        </Note>
      )}
      <details open={mostlyLost(found)}>
        <summary>{s.showFiles}</summary>
        <Table
          label={s.tried}
          columns={[
            {
              name: s.file,
              cell: (each: TriedFile) => (
                <div>
                  {plain(each.artist)} – {plain(each.title)}
                  <div class="path">{plain(each.here)}</div>
                </div>
              ),
            },
            {
              name: s.result,
              cell: (each: TriedFile) => (
                <Badge tone={each.problem ? "warn" : "good"}>{each.problem ? s.fileProblems[each.problem] : s.good}</Badge>
              ),
            },
          ]}
          rows={found.tried}
          keyOf={(each, place) => `${place}${each.path}`}
        />
      </details>
    </>
  );
}

/** The pairs that say where the libraries are: the path map in use, and an empty one for every other library. */
function pairsOf(found: SetupCheck): PathPair[] {
  const mapped = new Set(found.path_map.map((pair) => pair.theirs));
  const rest = found.libraries.filter((each) => !mapped.has(each.path.replace(/\/+$/, "")));
  return [...found.path_map, ...rest.map((each) => ({ theirs: each.path.replace(/\/+$/, "") || "/", here: "" }))];
}

function MapFields({ found, again, busy }: { found: SetupCheck; again: (map: PathPair[]) => void; busy: boolean }) {
  const s = t.value.setup;
  const [pairs, setPairs] = useState(() => pairsOf(found));
  const change = (theirs: string, here: string): void =>
    setPairs(pairs.map((pair) => (pair.theirs === theirs ? { theirs, here } : pair)));
  return (
    <div class="stack" role="group" aria-label={s.mapTitle}>
      <h3>{s.mapTitle}</h3>
      <p class="soft">{s.mapTold}</p>
      {pairs.map((pair) => (
        <TextField
          key={pair.theirs}
          label={s.mapField(plain(pair.theirs))}
          value={pair.here}
          onInput={(here) => change(pair.theirs, here)}
          placeholder="/mnt/nas/music"
        />
      ))}
      <div class="row">
        <Button disabled={busy} onClick={() => again(pairs.filter((pair) => pair.here.trim()))}>
          {s.tryAgain}
        </Button>
      </div>
    </div>
  );
}

function Address({ found, ask, busy }: { found: SetupCheck; ask: (url: string) => void; busy: boolean }) {
  const s = t.value.setup;
  const [url, setUrl] = useState(found.navidrome_url);
  return (
    <div class="stack">
      <h3>{s.address}</h3>
      <div class="row address">
        <TextField bare label={s.address} value={url} onInput={setUrl} />
        <Button disabled={busy} onClick={() => ask(url)}>
          {s.askAddress}
        </Button>
      </div>
      {found.navidrome && <Note tone="good">{s.addressGood}</Note>}
      {!found.navidrome && <Note>{found.navidrome_url ? s.addressBad : s.addressMissing}</Note>}
    </div>
  );
}

export function CheckStep() {
  const s = t.value.setup;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const found = checked.value;
  if (!found) return null;
  const again = async (map: PathPair[], url: string): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const path_map = map.length ? map : null;
      checked.value = await setup.check({ database: found.database, path_map, navidrome_url: url.trim() });
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  return (
    <div class="stack">
      <h2>{s.checkTitle}</h2>
      <Facts found={found} />
      {found.proposed && (
        <Note tone="good">
          {s.proposed}
          <ul>
            {found.path_map.map((pair) => (
              <li key={pair.theirs} class="path">
                {plain(pair.theirs)} → {plain(pair.here)}
              </li>
            ))}
          </ul>
        </Note>
      )}
      <Tried found={found} />
      {mostlyLost(found) && (
        <MapFields found={found} busy={busy} again={(map) => void again(map, found.navidrome_url)} />
      )}
      <Address key={found.navidrome_url} found={found} busy={busy} ask={(url) => void again(found.path_map, url)} />
      {busy && <Busy>{s.checking}</Busy>}
      {error !== null && <StepError error={error} />}
      <div class="row">
        <Button look="main" disabled={busy || !found.readable} onClick={() => (step.value = "models")}>
          {s.next}
        </Button>
        <Button disabled={busy} onClick={() => (step.value = "find")}>
          {s.back}
        </Button>
      </div>
    </div>
  );
}
