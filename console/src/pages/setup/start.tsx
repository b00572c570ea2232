// Step 4: write the settings, restart, and listen until there is something to show.
import { useState } from "preact/hooks";
import { Bar } from "../../parts/bar";
import { Button } from "../../parts/button";
import { Note } from "../../parts/feedback";
import { Check } from "../../parts/fields";
import { address } from "../../shell/route";
import { t } from "../../text";
import { number, plain } from "../../text/format";
import { Busy, StepError } from "./parts";
import { begin, phase, progress } from "./starting";
import { applied, checked, chosenModels, findings, installPlugin, step } from "./state";

function Summary() {
  const s = t.value.setup;
  const library = checked.value!;
  const map = library.path_map.map((pair) => `${pair.theirs} → ${pair.here}`).join(", ");
  const rows: Array<[string, string]> = [
    [s.database, library.database],
    [s.music, map || s.asInNavidrome],
    [s.address, library.navidrome_url || s.none],
    [s.models, chosenModels().join(", ")],
  ];
  return (
    <dl class="summary" aria-label={s.summary}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{plain(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Underway() {
  const s = t.value.setup;
  const now = phase.value;
  const job = progress.value;
  if (now === "writing") return <Busy>{s.writing}</Busy>;
  if (now === "restarting") return <Busy>{applied.value?.restarting === false ? s.notRestarted : s.restarting}</Busy>;
  if (now === "nothing") {
    return (
      <Note tone="bad">
        <strong>{s.nothingHeard}</strong> <p>{s.nothingHeardTold}</p>
        <a href={address("library")}>{s.openLibrary}</a>
      </Note>
    );
  }
  const [done, total] = [job?.processed_tracks ?? 0, job?.total_tracks ?? 0];
  const shown = t.value.library.progress(number(done), number(total));
  return (
    <>
      <Busy>{s.listening}</Busy>
      {job?.waiting && <Note>{plain(job.waiting.reason)}</Note>}
      <Bar label={s.progress} share={total ? done / total : 0} shown={shown} />
      <p class="small soft number">{shown}</p>
    </>
  );
}

export function StartStep() {
  const s = t.value.setup;
  const [error, setError] = useState<unknown>(null);
  const folder = findings.value?.plugin_folder ?? "";
  const start = async (): Promise<void> => {
    setError(null);
    try {
      await begin();
    } catch (failed) {
      setError(failed);
    }
  };
  const idle = phase.value === "ready";
  return (
    <div class="stack">
      <h2>{s.startTitle}</h2>
      <p class="soft">{s.startTold(plain(findings.value?.settings_file ?? ""))}</p>
      <Summary />
      {folder && idle && (
        <Check checked={installPlugin.value} onChange={(on) => (installPlugin.value = on)}>
          {s.installPlugin(plain(folder))}
        </Check>
      )}
      {!idle && <Underway />}
      {error !== null && <StepError error={error} />}
      {idle && (
        <div class="row">
          <Button look="main" icon="play" onClick={() => void start()}>
            {s.start}
          </Button>
          <Button onClick={() => (step.value = "models")}>{s.back}</Button>
        </div>
      )}
    </div>
  );
}
